import type Stripe from 'stripe';
import { listSubscriptions } from '@/lib/billing/reports/subscription-list';
import type { Stage } from './stage';

/** Sums by currency, in minor units, without zeroes; keys in order, so that two can be compared. */
export type Sums = Record<string, number>;

export function sumUp(rows: Iterable<{ currency: string; amount: number }>): Sums {
  const sums: Sums = {};
  for (const { currency, amount } of rows) sums[currency] = (sums[currency] ?? 0) + amount;
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([, amount]) => amount !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Minor units are counted in parts as fine as any cadence and two percentages of a discount can cut them. */
const FINE = 27_720n * 10n ** 12n;
const A_YEAR: Record<string, bigint> = { day: 365n, week: 52n, month: 12n, year: 1n };

/**
 * What a subscription of Stripe's brings in a month by the product's definition, on its own way from Stripe's objects: only
 * `active` and `past_due`; items a year less what recurring discounts take, ÷ 12, half to even. Tax is not in prices.
 */
export function monthlyRevenue(one: Stripe.Subscription, now: Date): number {
  if (one.status !== 'active' && one.status !== 'past_due') return 0;
  let year = 0n;
  for (const { price, quantity } of one.items.data) {
    if (!price.recurring) continue;
    const a =
      BigInt(price.unit_amount ?? 0) * BigInt(quantity ?? 1) * (A_YEAR[price.recurring.interval] ?? 0n);
    year += (a * FINE) / BigInt(price.recurring.interval_count);
  }
  const cadence = one.items.data[0]?.price.recurring;
  for (const discount of one.discounts) {
    if (typeof discount === 'string') throw new Error('expand discounts.source.coupon');
    const { coupon } = discount.source;
    if (coupon === null || typeof coupon === 'string') throw new Error('expand discounts.source.coupon');
    if (coupon.duration === 'once' || (discount.end && discount.end * 1000 <= now.getTime())) continue;
    if (coupon.percent_off)
      year = (year * (10_000n - BigInt(Math.round(coupon.percent_off * 100)))) / 10_000n;
    else if (coupon.amount_off && coupon.currency === one.currency && cadence)
      year -=
        (BigInt(coupon.amount_off) * (A_YEAR[cadence.interval] ?? 0n) * FINE) /
        BigInt(cadence.interval_count);
    if (year < 0n) year = 0n;
  }
  const cent = 12n * FINE;
  const whole = year / cent;
  const rest = (year % cent) * 2n;
  return Number(rest > cent || (rest === cent && whole % 2n === 1n) ? whole + 1n : whole);
}

/** All that Stripe has: subscriptions of every status with their discounts, and open invoices. */
export async function readStripe({ stripe }: Stage) {
  const subscriptions = await stripe.subscriptions
    .list({ status: 'all', limit: 100, expand: ['data.discounts.source.coupon'] })
    .autoPagingToArray({ limit: 10_000 });
  const open = await stripe.invoices
    .list({ status: 'open', limit: 100 })
    .autoPagingToArray({ limit: 10_000 });
  return { subscriptions, open };
}

export type AtStripe = Awaited<ReturnType<typeof readStripe>>;

export const revenueAtStripe = ({ subscriptions }: AtStripe, now: Date): Sums =>
  sumUp(
    subscriptions.map((one) => ({
      currency: one.currency.toUpperCase(),
      amount: monthlyRevenue(one, now),
    })),
  );

/** What is still owed on invoices of subscriptions that are behind. */
export function owedAtStripe({ subscriptions, open }: AtStripe): Sums {
  const behind = new Set(
    subscriptions.filter((one) => ['past_due', 'unpaid'].includes(one.status)).map((one) => one.id),
  );
  return sumUp(
    open
      .filter((bill) => behind.has(String(bill.parent?.subscription_details?.subscription ?? '')))
      .map((bill) => ({ currency: bill.currency.toUpperCase(), amount: bill.amount_remaining })),
  );
}

/** How many plans count in each status: of each merchant and platform the living one, else the one that began last. */
export function statusesAtStripe({ subscriptions }: AtStripe): Record<string, number> {
  const counting = new Map<string, Stripe.Subscription>();
  const ended = (one: Stripe.Subscription) => ['canceled', 'incomplete_expired'].includes(one.status);
  for (const one of subscriptions.filter((each) => each.metadata.kind === 'plan')) {
    const key = `${one.metadata.merchant} ${one.metadata.platform}`;
    const other = counting.get(key);
    const better = !other || (ended(other) && !ended(one)) || (ended(other) && one.created >= other.created);
    if (better) counting.set(key, one);
  }
  const counts: Record<string, number> = {};
  for (const { status } of counting.values()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Every row of the list, page by page. */
export async function readWholeList({ db, now }: Stage) {
  const about = { features: [], now: await now() };
  const rows: Awaited<ReturnType<typeof listSubscriptions>>['rows'] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listSubscriptions(db, { sort: 'mrr', limit: 4, ...(cursor ? { cursor } : {}) }, about);
    rows.push(...page.rows);
    if (!page.nextCursor) return rows;
    cursor = page.nextCursor;
  }
}
