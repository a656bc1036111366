import { countryCodes, isCountry } from '@/lib/countries';
import type { Locale } from '@/lib/i18n/locales';
import { regions } from '@/lib/i18n/locales';

/** The countries by name in the viewer's language, sorted as that language sorts. */
export function countryOptions(locale: Locale): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(regions[locale], { type: 'region' });
  const order = new Intl.Collator(regions[locale]);
  return countryCodes
    .map((code) => ({ value: code, label: names.of(code) ?? code }))
    .sort((a, b) => order.compare(a.label, b.label));
}

/** One country's name; the code where it is unknown. */
export function countryName(locale: Locale, code: string): string {
  if (!isCountry(code)) return code;
  return new Intl.DisplayNames(regions[locale], { type: 'region' }).of(code) ?? code;
}
