/** The languages a person can choose, in the order they are offered. */
export const locales = ['en', 'de', 'fr', 'lb'] as const;

export type Locale = (typeof locales)[number];

export const defaultLocale: Locale = 'en';

/** Each language in its own words. */
export const localeNames: Record<Locale, string> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  lb: 'Lëtzebuergesch',
};

/** The regional form used for money and dates: Europe's, also for English ("1 December", "€99.00"). */
export const regions: Record<Locale, string> = { en: 'en-GB', de: 'de-DE', fr: 'fr-FR', lb: 'lb-LU' };

export function isLocale(value: unknown): value is Locale {
  return typeof value === 'string' && (locales as readonly string[]).includes(value);
}

/**
 * Picks the language: the person's own setting, else the cookie, else the best match of `Accept-Language`, else English.
 * Unknown values are passed over.
 */
export function chooseLocale(from: {
  setting?: string | null;
  cookie?: string | null;
  acceptLanguage?: string | null;
}): Locale {
  if (isLocale(from.setting)) return from.setting;
  if (isLocale(from.cookie)) return from.cookie;
  return bestMatch(from.acceptLanguage ?? '') ?? defaultLocale;
}

function bestMatch(header: string): Locale | undefined {
  return header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const quality = parameters.map((p) => p.trim()).find((p) => p.startsWith('q='));
      return { language: tag.split('-')[0]?.toLowerCase(), weight: quality ? Number(quality.slice(2)) : 1 };
    })
    .filter((entry) => entry.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map((entry) => entry.language)
    .find(isLocale);
}
