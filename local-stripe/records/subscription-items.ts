/** Subscription items: shape, periods, and what each was billed for. https://docs.stripe.com/api/subscription_items */
import type Stripe from 'stripe';
import type { App } from '../app';
import { addIntervals, nextBoundary } from '../clock';
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
  const every = price.recurring;
  if (!every)
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items[0][price]',
    );
  return anchor === at
    ? addIntervals(anchor, every.interval, every.interval_count)
    : nextBoundary(anchor, every.interval, every.interval_count, at);
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
  return { ...item, plan: planOf(price), price };
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
