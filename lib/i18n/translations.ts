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
export function translatorFor<N extends Namespace>(locale: Locale, namespace: N): Translator<N> {
  const key = `${locale}:${namespace}`;
  let translator = made.get(key) as Translator<N> | undefined;
  if (!translator) {
    translator = createTranslator({
      locale,
      messages: loadMessages(locale),
      namespace,
      timeZone: 'UTC',
    }) as unknown as Translator<N>;
    made.set(key, translator);
  }
  return translator;
}

/** The texts of an area in the viewer's language, in a component. Server only: the browser is sent finished words. */
export function useTranslations<N extends Namespace>(namespace: N): Translator<N> {
  return translatorFor(useLocale(), namespace);
}

/** The same, where one can await. */
export async function getTranslations<N extends Namespace>(namespace: N): Promise<Translator<N>> {
  return translatorFor(await getLocale(), namespace);
}
