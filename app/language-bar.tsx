import { getLocale } from 'next-intl/server';
import { localeNames, locales } from '@/lib/i18n/locales';
import { getTranslations } from '@/lib/i18n/translations';
import { chooseLocale } from './preferences';

/** The four languages in one line, for pages before sign-in. */
export async function LanguageBar() {
  const [t, current] = await Promise.all([getTranslations('common.account'), getLocale()]);
  return (
    <form action={chooseLocale}>
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1">
        <legend className="sr-only">{t('language')}</legend>
        {locales.map((code) => (
          <button
            key={code}
            type="submit"
            name="locale"
            value={code}
            lang={code}
            aria-pressed={code === current}
            className="min-h-6 text-sm text-muted hover:text-ink aria-pressed:font-medium aria-pressed:text-ink"
          >
            {localeNames[code]}
          </button>
        ))}
      </fieldset>
    </form>
  );
}
