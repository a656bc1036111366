import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };

/** ISO 3166-1 alpha-2, as the kept list has them: `UK` and `XX` are none. */
export const countryCodes: readonly string[] = codes.map(([alpha2]) => alpha2 as string);

const known = new Set(countryCodes);

/** Whether a code is a country's. Stripe itself stores any text there, and Stripe Tax then cannot place it. */
export const isCountry = (code: string): boolean => known.has(code);
