import { defaultLocale, type Locale } from './locales';
import en from './messages/en';

/** Every text of the product, by area. English is complete and is the type of the others. */
export type Messages = typeof en;

type Translated<T> = { [K in keyof T]?: T[K] extends string ? string : Translated<T[K]> };

/** Translations may lag behind English: a missing text shows in English. */
const translations: Partial<Record<Locale, Translated<Messages>>> = {};

const merged = new Map<Locale, Messages>([[defaultLocale, en]]);

/** The texts of one language, with English where a text is missing. Merged once per process. */
export function loadMessages(locale: Locale): Messages {
  const known = merged.get(locale);
  if (known) return known;
  const messages = mergeOver(en, translations[locale] ?? {});
  merged.set(locale, messages);
  return messages;
}

function mergeOver<T extends object>(base: T, over: Translated<T>): T {
  const result = { ...base };
  for (const key of Object.keys(base) as (keyof T)[]) {
    const below = base[key];
    const above = over[key];
    if (above === undefined) continue;
    result[key] =
      typeof below === 'object' && below !== null && typeof above === 'object'
        ? mergeOver(below, above as Translated<typeof below>)
        : (above as T[keyof T]);
  }
  return result;
}
