'use client';

import { useEffect, useState } from 'react';
import { isLocale } from '@/lib/i18n/locales';
import crash from '@/lib/i18n/messages/crash.json';

/** When even the layout failed there is no language to read and no stylesheet: a plain page in the browser's language. */
export default function GlobalError({ retry }: { error: Error & { digest?: string }; retry: () => void }) {
  const [locale, setLocale] = useState<keyof typeof crash>('en');
  useEffect(() => {
    const language = navigator.language.slice(0, 2);
    if (isLocale(language)) setLocale(language);
  }, []);
  const texts = crash[locale];
  return (
    <html lang={locale} style={{ colorScheme: 'light dark' }}>
      <body
        style={{
          fontFamily: 'system-ui, sans-serif',
          margin: '4rem auto',
          maxWidth: '32rem',
          padding: '0 1rem',
        }}
      >
        <title>{texts.title}</title>
        <h1>{texts.title}</h1>
        <p>{texts.text}</p>
        <button type="button" onClick={() => retry()}>
          {texts.retry}
        </button>
      </body>
    </html>
  );
}
