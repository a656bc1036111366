import { z } from 'zod';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { decimalsOf, MAX_PRICE, priceProblem } from '@/lib/money';

export const centsInput = z.number().int().min(0).max(MAX_PRICE);

export const priceInput = z.strictObject({
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'a three-letter currency code'),
  interval: z.enum(['month', 'year']),
  /** Minor units of that currency. */
  unitAmount: centsInput,
  /** Left out or null: as it is. */
  stripePriceId: z
    .string()
    .trim()
    .regex(/^price_\w+$/, 'a Stripe price id')
    .nullish(),
});

type PricesInput = {
  prices?: z.output<typeof priceInput>[];
  priceMonthlyCents?: number | null;
  priceAnnualCents?: number | null;
};

export type WantedPrice = {
  currency: string;
  interval: 'month' | 'year';
  unitAmount: number;
  stripePriceId?: string | null;
};

export const same = (
  a: Pick<WantedPrice, 'currency' | 'interval'>,
  b: Pick<WantedPrice, 'currency' | 'interval'>,
) => a.currency === b.currency && a.interval === b.interval;

/**
 * The prices of a tier as they shall be; undefined = as they are. `prices` names all of them, the two `price_*_cents` those
 * in the platform's currency. @throws ValidationFailed naming `prices[i].field`
 */
export function wantedPrices(
  input: PricesInput,
  currency: string,
  current: WantedPrice[],
): WantedPrice[] | undefined {
  const { prices, priceMonthlyCents: month, priceAnnualCents: year } = input;
  if (prices === undefined && month === undefined && year === undefined) return undefined;
  const wanted: WantedPrice[] = prices
    ? [...prices]
    : current.map(({ currency: in_, interval, unitAmount }) => ({ currency: in_, interval, unitAmount }));
  const problems = prices ? wanted.flatMap((price, i) => problemsOf(price, i, wanted)) : [];
  const set = (interval: 'month' | 'year', field: string, amount: number | null | undefined) => {
    if (amount === undefined) return;
    const index = wanted.findIndex((price) => same(price, { currency, interval }));
    if (index >= 0) wanted.splice(index, 1);
    if (amount === null) return;
    wanted.push({ currency, interval, unitAmount: amount });
    const rule = priceProblem(amount, currency);
    if (rule) problems.push({ path: field, rule, message: `is no price in ${currency}` });
  };
  set('month', 'priceMonthlyCents', month);
  set('year', 'priceAnnualCents', year);
  if (problems.length > 0) throw new ValidationFailed(problems);
  return wanted;
}

function problemsOf(price: WantedPrice, i: number, all: WantedPrice[]): FieldProblem[] {
  const say = (field: string, rule: string, message: string) => [
    { path: `prices[${i}].${field}`, rule, message },
  ];
  if (decimalsOf(price.currency) === null)
    return say('currency', 'unknown_currency', 'is not a currency that can be charged');
  if (all.findIndex((one) => same(one, price)) < i)
    return say('currency', 'repeated', 'has the currency and interval of another price');
  const rule = priceProblem(price.unitAmount, price.currency);
  if (rule) return say('unitAmount', rule, `is no price in ${price.currency}`);
  const { stripePriceId: id } = price;
  if (id && all.findIndex((one) => one.stripePriceId === id) < i)
    return say('stripePriceId', 'stripe_id_taken', 'is the id of another price');
  return [];
}
