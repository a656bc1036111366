import type { Metadata, Viewport } from 'next';
import { cookies } from 'next/headers';
import { getLocale } from 'next-intl/server';
import type { ReactNode } from 'react';
import { ClientTexts } from '@/components/client-texts';
import { Toaster } from '@/components/ui/toast';
import { getTranslations } from '@/lib/i18n/translations';
import './globals.css';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('common');
  return { title: { template: `%s · ${t('appName')}`, default: t('appName') } };
}

export const viewport: Viewport = { colorScheme: 'light dark' };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [locale, t, jar] = await Promise.all([getLocale(), getTranslations('common'), cookies()]);
  const theme = jar.get('theme')?.value;
  return (
    <html lang={locale} data-theme={theme === 'light' || theme === 'dark' ? theme : undefined}>
      <body>
        <a
          href="#content"
          className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-white focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          {t('skipToContent')}
        </a>
        <ClientTexts
          texts={{
            failureTitle: t('failure.title'),
            failureText: t('failure.text'),
            reference: t('failure.reference', { digest: '…' }).replace('…', ''),
            retry: t('retry'),
          }}
        >
          {children}
        </ClientTexts>
        <Toaster closeLabel={t('close')} />
      </body>
    </html>
  );
}
