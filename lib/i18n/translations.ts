import {
  createTranslator,
  type Messages,
  type NamespaceKeys,
  type NestedKeyOf,
  type useTranslations as NextIntlTranslations,
  useLocale,
} from 'next-intl';
import { getLocale } from 'next-intl/server';
import type { Locale } from './locales';
import { loadMessages } from './messages';

type Namespace = NamespaceKeys<Messages, NestedKeyOf<Messages>>;
type Translator<N extends Namespace> = ReturnType<typeof NextIntlTranslations<N>>;

const made = new Map<string, unknown>();

/**
 * The texts of an area in a language. Built once per process: next-intl's own `useTranslations` parses every message and
 * makes every plural rule anew for each request, which cost more than all queries of the billing page.
 */
export function translatorFor<N extends Namespace>(locale: Locale, namespace?: N): Translator<N> {
  const key = `${locale}:${namespace}`;
  if (!made.has(key)) {
    const messages = loadMessages(locale);
    made.set(key, createTranslator({ locale, messages, namespace, timeZone: 'UTC' }));
  }
  return made.get(key) as Translator<N>;
}

/** A sentence for a key that comes from data and not from the code; null where there is none. */
export type FindWords = (key: string, values?: Record<string, string | number>) => string | null;

/** The texts of an area by keys that its types cannot know: codes of features, of the audit trail, of refusals. */
export function wordsFor(locale: Locale, namespace?: Namespace): FindWords {
  const typed: unknown = translatorFor(locale, namespace);
  const t = typed as { (...asked: Parameters<FindWords>): string; has(key: string): boolean };
  return (key, values) => (t.has(key) ? t(key, values) : null);
}

/** The texts of an area in the viewer's language, in a component. Server only: the browser is sent finished words. */
export function useTranslations<N extends Namespace>(namespace: N): Translator<N> {
  return translatorFor(useLocale(), namespace);
}

/** The same, where one can await. */
export async function getTranslations<N extends Namespace>(namespace: N): Promise<Translator<N>> {
  return translatorFor(await getLocale(), namespace);
}

/** `wordsFor` in the viewer's language, in a component. */
export const useWords = (namespace: Namespace): FindWords => wordsFor(useLocale(), namespace);

/** The same, where one can await. */
export const getWords = async (namespace: Namespace): Promise<FindWords> =>
  wordsFor(await getLocale(), namespace);

/** A page's `generateMetadata`: its title in the viewer's language. */
export const pageTitle =
  <N extends Namespace>(namespace: N, key: Parameters<Translator<N>>[0]) =>
  async (): Promise<{ title: string }> => ({ title: (await getWords(namespace))(key) ?? '' });
