/** Subscription items: shape, periods, and what each was billed for. https://docs.stripe.com/api/subscription_items */
import type Stripe from 'stripe';
import type { App } from '../app';
import { addIntervals, nextBoundary, periodAround } from '../clock';
import { invalid } from '../errors';
import type { Billed, Metadata, Price, SubscriptionItem, Wire } from '../types';
import { strip } from './strip';

export function shapeItem(
  app: App,
  sub: string,
  price: Price,
  quantity: number,
  period: { start: number; end: number },
  itemId: string,
  metadata: Metadata = {},
): SubscriptionItem {
  return {
    id: itemId,
    object: 'subscription_item',
    billing_thresholds: null,
    created: app.now,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata,
    price: price.id,
    quantity,
    subscription: sub,
    tax_rates: [],
  };
}

export function periodAfter(price: Price, anchor: number, at: number): number {
  const every = rhythmOf(price);
  return anchor === at
    ? addIntervals(anchor, every.interval, every.interval_count)
    : nextBoundary(anchor, every.interval, every.interval_count, at);
}

/** The period that the anchor gives an item at this instant: anchor to anchor + 1 year in its first year (stripe.md G1). */
export function anchoredPeriod(price: Price, anchor: number, at: number): { start: number; end: number } {
  const every = rhythmOf(price);
  return periodAround(anchor, every.interval, every.interval_count, at);
}

function rhythmOf(price: Price) {
  if (price.recurring) return price.recurring;
  throw invalid(
    'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
    'items[0][price]',
  );
}

export function sameRhythm(a: Price, b: Price): boolean {
  return (
    a.recurring?.interval === b.recurring?.interval &&
    a.recurring?.interval_count === b.recurring?.interval_count
  );
}

/** Cuts off what is credited, so that it is never credited twice. */
export function truncateBilled(billed: Billed[], ended: string[], at: number): Billed[] {
  return billed
    .filter((one) => !(ended.includes(one.item) && one.start >= at))
    .map((one) =>
      ended.includes(one.item) && one.end > at
        ? { ...one, amount: Math.round((one.amount * (at - one.start)) / (one.end - one.start)), end: at }
        : one,
    );
}

export function viewItem(app: App, item: SubscriptionItem): Wire<Stripe.SubscriptionItem> {
  const price = strip(app.store.get('prices', item.price) as Price) as Wire<Stripe.Price>;
  return { ...strip(item), plan: planOf(price), price };
}

/** The legacy plan that each recurring price also is. */
function planOf(price: Wire<Stripe.Price>): Wire<Stripe.Plan> {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: 'licensed',
  };
}

/**
 * Items of a subscription, and of one update: 20, in flexible mode 100 (stripe.md D53; changelog/dahlia/2026-08-26/
 * flexible-subscription-item-limits, whose number is a digest's).
 */
export function refuseItemCount(count: number, mode: Stripe.Subscription.BillingMode['type']): void {
  const most = mode === 'classic' ? 20 : 100;
  if (count > most) throw invalid(`A subscription has at most ${most} items.`, 'items');
}

/**
 * A classic subscription has one interval; a flexible one may mix them, each a multiple of the shortest (stripe.md D54,
 * https://docs.stripe.com/billing/subscriptions/mixed-interval#interval-alignment).
 */
export function refuseIntervals(prices: Price[], mode: Stripe.Subscription.BillingMode['type']): void {
  const [first, ...rest] = prices;
  if (!first) return;
  if (mode === 'classic' && rest.some((price) => !sameRhythm(price, first)))
    throw invalid('The prices of a subscription in classic billing mode must share one interval.', 'items');
  const lengths = prices.map((price) => lengthOf(rhythmOf(price)));
  const shortest = lengths.reduce((a, b) => (a.days < b.days ? a : b));
  if (lengths.some((one) => !isMultiple(one, shortest)))
    throw invalid('Each interval must be a multiple of the shortest one of the subscription.', 'items');
}

interface Length {
  unit: 'day' | 'month';
  count: number;
  days: number;
}

function lengthOf(every: NonNullable<Price['recurring']>): Length {
  const { interval, interval_count: count } = every;
  if (interval === 'day' || interval === 'week') {
    const days = interval === 'week' ? count * 7 : count;
    return { unit: 'day', count: days, days };
  }
  const months = interval === 'year' ? count * 12 : count;
  return { unit: 'month', count: months, days: months * 30 };
}

/** One day divides every month; weeks divide none. */
function isMultiple(of: Length, shortest: Length): boolean {
  if (of.unit === shortest.unit) return of.count % shortest.count === 0;
  return shortest.unit === 'day' && shortest.count === 1;
}
