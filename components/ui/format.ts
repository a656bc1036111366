import { useLocale } from 'next-intl';
import { getLocale } from 'next-intl/server';
import { type Format, formatFor } from '@/lib/i18n/format';

/** The viewer's money and date formatter, in a component. Server only: the browser is sent finished words. */
export function useFormat(): Format {
  return formatFor(useLocale());
}

/** The same, where one can await. */
export async function getFormat(): Promise<Format> {
  return formatFor(await getLocale());
}
