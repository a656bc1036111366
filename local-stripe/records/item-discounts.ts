/**
 * The discounts of a subscription's items: each takes off its own line, before those of the subscription do (the declarations at
 * `SubscriptionItem.discounts`, stripe.md D69).
 */
import type { App } from '../app';
import type { Customer, Discount, Phase, Subscription, SubscriptionItem } from '../types';
import {
  activeDiscounts,
  type DiscountGiven,
  dropDiscount,
  isRunning,
  keepDiscount,
  makeDiscount,
  redeemable,
} from './discounts';

/** Those that count now; of an item that is only planned, those that it will have. */
export function itemDiscounts(app: App, item: SubscriptionItem): Discount[] {
  return item._
    ? item._.discounts.filter((one) => isRunning(app, one))
    : activeDiscounts(app, item.discounts as string[]);
}

/** What the item is to have. Nothing is kept before `settleItems`; refuses what cannot be redeemed. */
export function planDiscounts(
  app: App,
  item: SubscriptionItem,
  given: DiscountGiven[],
  customer: Customer,
  ancestors: (string | undefined)[],
): void {
  const on = {
    customer,
    subscription_item: item.id,
    ancestors: [...ancestors, ...item.discounts.map(String)],
  };
  item._ = { discounts: given.map((one) => makeDiscount(app, one, on, false)) };
}

/** As a phase has them: what can no longer be redeemed by then gives nothing. */
export function planOfPhase(
  app: App,
  item: SubscriptionItem,
  wanted: Phase['items'][number],
  sub: Subscription,
): void {
  const given = (wanted.discounts ?? []).map(discountOf).filter((one) => redeemable(app, one, sub.customer));
  planDiscounts(app, item, given, app.need('customers', sub.customer), [sub.id]);
}

/** Keeps what was planned, and tells of those that go. */
export function settleItems(app: App, items: SubscriptionItem[], before: SubscriptionItem[]): void {
  for (const item of items) {
    if (!item._) continue;
    item.discounts = item._.discounts.map((one) => keepDiscount(app, one).id);
    delete item._;
  }
  const kept = new Set(items.flatMap((item) => item.discounts));
  for (const old of before.flatMap((item) => item.discounts))
    if (!kept.has(old)) dropDiscount(app, String(old));
}

export function discountOf(one: Phase['discounts'][number]): DiscountGiven {
  return {
    coupon: one.coupon ?? undefined,
    discount: one.discount ?? undefined,
    promotion_code: one.promotion_code ?? undefined,
  };
}

/** Whether an item has what its phase says already. */
export function hasThose(item: SubscriptionItem, wanted: Phase['items'][number]): boolean {
  const named = (wanted.discounts ?? []).map((one) => one.discount ?? null);
  return (
    named.length === item.discounts.length &&
    named.every((one) => one !== null && item.discounts.includes(one))
  );
}
