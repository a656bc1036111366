import { and, eq, inArray, ne } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOns, creditPackages, retiredPrices, tierPrices } from '@/db/schema';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { decimalsOf, MAX_PRICE, priceProblem } from '@/lib/money';
import type { PriceRow } from './tiers';

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

const same = (a: Pick<WantedPrice, 'currency' | 'interval'>, b: Pick<WantedPrice, 'currency' | 'interval'>) =>
  a.currency === b.currency && a.interval === b.interval;

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

/**
 * Archives what is no longer wanted or costs otherwise, and adds what is new; a price that was asked before is taken up
 * again, so that its id goes on meaning this tier. A Stripe id does not outlive its amount: prices cannot be changed there.
 * @throws ValidationFailed when a Stripe id belongs to something else
 */
export async function writePrices(tx: Tx, tierId: string, wanted: WantedPrice[]): Promise<void> {
  const rows = await tx.select().from(tierPrices).where(eq(tierPrices.tierId, tierId));
  await refuseTakenIds(tx, tierId, rows, wanted);
  const live = rows.filter((row) => row.archivedAt === null);
  const stays = (row: PriceRow, price: WantedPrice) =>
    same(row, price) &&
    row.unitAmount === price.unitAmount &&
    (!price.stripePriceId || !row.stripePriceId || price.stripePriceId === row.stripePriceId);
  for (const row of live) {
    const price = wanted.find((one) => stays(row, one));
    if (!price) await tx.update(tierPrices).set({ archivedAt: new Date() }).where(eq(tierPrices.id, row.id));
    else if (price.stripePriceId && !row.stripePriceId)
      await tx
        .update(tierPrices)
        .set({ stripePriceId: price.stripePriceId })
        .where(eq(tierPrices.id, row.id));
  }
  for (const price of wanted) {
    if (live.some((row) => stays(row, price))) continue;
    const mine = rows.filter((row) => same(row, price));
    const asked = mine.find(
      (row) =>
        row.archivedAt !== null &&
        row.unitAmount === price.unitAmount &&
        row.stripePriceId !== null &&
        (!price.stripePriceId || row.stripePriceId === price.stripePriceId),
    );
    if (asked) {
      const again = { archivedAt: null, stripeArchivedAt: null };
      await tx.update(tierPrices).set(again).where(eq(tierPrices.id, asked.id));
      continue;
    }
    const stripePriceId = mine.some((row) => row.stripePriceId === price.stripePriceId)
      ? null
      : price.stripePriceId;
    await tx.insert(tierPrices).values({ id: newId('tpr'), tierId, ...price, stripePriceId });
  }
}

/** A Stripe price id means one thing only. */
async function refuseTakenIds(
  tx: Tx,
  tierId: string,
  rows: PriceRow[],
  wanted: WantedPrice[],
): Promise<void> {
  const ids = wanted.flatMap((price) => price.stripePriceId ?? []);
  if (ids.length === 0) return;
  const [others, sold, packs, former] = await Promise.all([
    tx
      .select({ id: tierPrices.stripePriceId })
      .from(tierPrices)
      .where(and(inArray(tierPrices.stripePriceId, ids), ne(tierPrices.tierId, tierId))),
    tx.select({ id: addOns.stripePriceId }).from(addOns).where(inArray(addOns.stripePriceId, ids)),
    tx
      .select({ id: creditPackages.stripePriceId })
      .from(creditPackages)
      .where(inArray(creditPackages.stripePriceId, ids)),
    tx
      .select({ id: retiredPrices.stripePriceId })
      .from(retiredPrices)
      .where(inArray(retiredPrices.stripePriceId, ids)),
  ]);
  const taken = new Set([...others, ...sold, ...packs, ...former].map((row) => row.id));
  const problems = wanted.flatMap((price, i): FieldProblem[] => {
    const { stripePriceId: id } = price;
    const own = rows.find((row) => row.stripePriceId === id);
    if (!id || (!taken.has(id) && (!own || same(own, price)))) return [];
    return [
      {
        path: `prices[${i}].stripePriceId`,
        rule: 'stripe_id_taken',
        message: 'is the id of another price',
      },
    ];
  });
  if (problems.length > 0) throw new ValidationFailed(problems);
}
