/** Integer minor units with the ISO currency they are in. */
export type Money = { amount: number; currency: string };

/** Rounds a ratio half to even, so that many small roundings do not lean one way. */
export function divideHalfEven(amount: number, divisor: number): number {
  const quotient = Math.floor(amount / divisor);
  const twice = (amount - quotient * divisor) * 2;
  if (twice < divisor) return quotient;
  if (twice > divisor) return quotient + 1;
  return quotient % 2 === 0 ? quotient : quotient + 1;
}

/** A price per interval as revenue per month (yearly ÷ 12, half-even). */
export function monthly(amount: number, interval: 'month' | 'year', count = 1): number {
  return divideHalfEven(amount, (interval === 'year' ? 12 : 1) * count);
}

/**
 * The currencies we sell in: those Stripe charges whose minor unit is the same at Stripe as in ISO 4217. ISK, UGX and MGA
 * are left out: Stripe counts them in another unit than everybody else (docs.stripe.com/currencies).
 */
const TWO =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK ' +
  'DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP LKR ' +
  'LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB ' +
  'SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER ZAR ZMW';
const NONE = 'BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF';
const THREE = 'BHD JOD KWD OMR TND';

const exponents = new Map<string, number>([
  ...TWO.split(' ').map((code) => [code, 2] as const),
  ...NONE.split(' ').map((code) => [code, 0] as const),
  ...THREE.split(' ').map((code) => [code, 3] as const),
]);

/**
 * The most anything may cost, in minor units: Stripe charges amounts of at most eight digits, and the highest VAT of the
 * union (27 %) must find room in them. https://docs.stripe.com/currencies
 */
export const MAX_PRICE = Math.floor(99_999_999 / 1.27);

/** What Stripe charges at least, in minor units; any other currency by what it is worth in the account's own. Same page. */
const MINIMUM: Record<string, number> = {
  AED: 200,
  AUD: 50,
  BGN: 100,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1000,
  USD: 50,
};

/** How many decimals a currency has (EUR 2, JPY 0, KWD 3); null for one that we do not sell in. */
export function decimalsOf(currency: string): number | null {
  return exponents.get(currency) ?? null;
}

/** Why an amount is no price in its currency: a key under `errors.rules`, or null when it is one. Free (0) is a price; less than Stripe charges is none. */
export function priceProblem(amount: number, currency: string): PriceProblem | null {
  if (!Number.isSafeInteger(amount)) return 'amount';
  if (amount < 0) return 'number_too_small';
  if (amount > MAX_PRICE) return 'number_too_big';
  if (amount > 0 && amount < (MINIMUM[currency] ?? 1)) return 'below_minimum';
  // Stripe wants the last of three decimals to be 0.
  return decimalsOf(currency) === 3 && amount % 10 !== 0 ? 'amount' : null;
}

export type PriceProblem =
  | 'below_minimum'
  | 'amount'
  | 'amount_whole'
  | 'number_too_small'
  | 'number_too_big';

/**
 * An amount as a person types it ("99", "99.5", "99,50") in minor units of its currency, or why it is none. At most the
 * decimals that the currency has; an unknown currency is read with two.
 */
export function parsePrice(text: string, currency: string): number | PriceProblem {
  const decimals = decimalsOf(currency) ?? 2;
  const [, sign, whole = '', fraction = ''] = /^([-−]?)(\d+)(?:[.,](\d+))?$/.exec(text.trim()) ?? [];
  if (sign === undefined) return 'amount';
  if (sign !== '') return 'number_too_small';
  if (whole.length > 12) return 'number_too_big';
  if (fraction.length > decimals) return decimals === 0 ? 'amount_whole' : 'amount';
  const amount = Number(whole + fraction.padEnd(decimals, '0'));
  return priceProblem(amount, currency) ?? amount;
}

/** Minor units as a field shows them and `parsePrice` reads them: 9950 EUR → "99.50", 500 JPY → "500". */
export function writePrice(amount: number, currency: string): string {
  const decimals = decimalsOf(currency) ?? 2;
  return (amount / 10 ** decimals).toFixed(decimals);
}
