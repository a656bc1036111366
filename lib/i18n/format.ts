import { decimalsOf } from '../money';
import { type Locale, regions } from './locales';

/**
 * Money and dates as a person reads them, in one place for pages and e-mails. Everything is rendered in UTC, the zone billing
 * periods are counted in, so server and browser agree and a date never shifts by a day.
 */
export type Format = ReturnType<typeof makeFormat>;

const formats = new Map<Locale, Format>();

/** The formatter of a language; built once per process. */
export function formatFor(locale: Locale): Format {
  const known = formats.get(locale);
  if (known) return known;
  const made = makeFormat(regions[locale]);
  formats.set(locale, made);
  return made;
}

const dateStyles = {
  long: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short', year: 'numeric' },
  month: { month: 'short', year: 'numeric' },
  day: { day: 'numeric', month: 'long' },
  time: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

function makeFormat(region: string) {
  const currencies = new Map<string, Intl.NumberFormat>();
  const dates = new Map<string, Intl.DateTimeFormat>();
  const number = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(region, { style: 'percent', maximumFractionDigits: 1 });
  const list = new Intl.ListFormat(region, { type: 'conjunction' });

  function currencyFormat(currency: string, style: 'full' | 'short'): Intl.NumberFormat {
    const key = `${currency}:${style}`;
    let made = currencies.get(key);
    if (!made) {
      // Said outright: for some currencies (HUF) browsers show fewer decimals than Stripe counts.
      const decimals = decimalsOf(currency) ?? undefined;
      made = new Intl.NumberFormat(region, {
        style: 'currency',
        currency,
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        trailingZeroDisplay: style === 'short' ? 'stripIfInteger' : 'auto',
      });
      currencies.set(key, made);
    }
    return made;
  }

  return {
    /** Minor units and ISO currency → "€99.00". `short` drops ".00". */
    money(amount: number, currency: string, style: 'full' | 'short' = 'full') {
      const made = currencyFormat(currency.toUpperCase(), style);
      return made.format(amount / 10 ** (made.resolvedOptions().maximumFractionDigits ?? 2));
    },
    /** "1 December 2026"; `short` → "1 Dec 2026"; `month` → "Dec 2026"; `day` → "1 December" (for dates within a year); `time` adds "14:05 UTC". */
    date(value: Date | string, style: keyof typeof dateStyles = 'long') {
      let made = dates.get(style);
      if (!made) {
        made = new Intl.DateTimeFormat(region, { ...dateStyles[style], timeZone: 'UTC' });
        dates.set(style, made);
      }
      return made.format(typeof value === 'string' ? new Date(value) : value);
    },
    /** "1,234", at most one decimal. */
    number: (value: number) => number.format(value),
    /** 37.5 → "37.5%". */
    percent: (value: number) => percent.format(value / 100),
    /** "A, B and C". */
    list: (items: string[]) => list.format(items),
  };
}
