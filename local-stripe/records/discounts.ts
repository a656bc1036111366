/**
 * Coupons, promotion codes, and the discounts they become. A promotion code says `promotion: {type, coupon}`, a
 * discount `source.coupon` (stripe.md 36). https://docs.stripe.com/billing/subscriptions/coupons
 */
import type Stripe from 'stripe';
import type { z } from 'zod';
import type { App } from '../app';
import { addIntervals } from '../clock';
import { invalid, missing } from '../errors';
import type { discountGiven } from '../http/params';
import type { Coupon, Customer, Discount, PromotionCode, Wire } from '../types';

export type DiscountGiven = z.output<typeof discountGiven>;

function usable(app: App, coupon: Coupon): boolean {
  return (
    (coupon.redeem_by === null || coupon.redeem_by > app.now) &&
    (coupon.max_redemptions === null || coupon.times_redeemed < coupon.max_redemptions)
  );
}

/** By the words a customer types, or by id; refuses what has run out. */
export function findPromotion(app: App, given: string, customer: string | null): PromotionCode | null {
  const promotion =
    app.store.get('promotion_codes', given) ??
    app.store.by('promotion_codes', 'code', given.trim().toLowerCase()).find((one) => one.active);
  if (!promotion?.active) return null;
  if (promotion.expires_at !== null && promotion.expires_at <= app.now) return null;
  if (promotion.max_redemptions !== null && promotion.times_redeemed >= promotion.max_redemptions)
    return null;
  if (promotion.customer && promotion.customer !== customer) return null;
  const first = promotion.restrictions.first_time_transaction;
  if (first && customer && app.store.by('charges', 'customer', customer).some((charge) => charge.paid))
    return null;
  const coupon = app.store.get('coupons', promotion.promotion.coupon);
  return coupon && usable(app, coupon) ? promotion : null;
}

/** A discount outlives its coupon (stripe.md F3). */
export function couponOf(app: App, discount: Discount): Coupon | undefined {
  const id = discount.source.coupon;
  return app.store.get('coupons', id) ?? app.store.get('retired_coupons', id);
}

interface On {
  customer: Customer;
  subscription?: string | null;
  subscription_item?: string | null;
  invoice?: string | null;
  invoice_item?: string | null;
  checkout_session?: string | null;
  /** Ids of what stands above it: their discounts may be named too. */
  ancestors?: (string | null | undefined)[];
  /** Of the parameter that named it. */
  param?: string;
}

/**
 * "ID of an existing discount on the object (or one of its ancestors) to reuse" (the declarations, at each `discounts`). What
 * Stripe answers of another's is not known: here as if there were none.
 */
function findExisting(app: App, id: string, on: On): Discount {
  const discount = app.store.get('discounts', id);
  const own = [on.subscription, on.subscription_item, on.invoice, on.invoice_item];
  const may = [...own, ...(on.ancestors ?? [])].filter(Boolean);
  const has = discount && [
    discount.subscription,
    discount.subscription_item,
    discount.invoice,
    discount.invoice_item,
  ];
  if (discount?.customer === on.customer.id && has?.some((one) => may.includes(one))) return discount;
  throw missing('discount', id, on.param ?? 'discounts');
}

/** Turns `{coupon | promotion_code | discount}` into a discount; without `keep` nothing is written (previews). */
export function makeDiscount(app: App, given: DiscountGiven, on: On, keep = true): Discount {
  if (given.discount) return findExisting(app, given.discount, on);
  const promotion = given.promotion_code ? findPromotion(app, given.promotion_code, on.customer.id) : null;
  if (given.promotion_code && !promotion) {
    throw invalid(
      `This promotion code cannot be redeemed.`,
      'discounts[0][promotion_code]',
      'promotion_code_invalid',
    );
  }
  const couponId = promotion?.promotion.coupon ?? given.coupon;
  if (!couponId) throw invalid('Each discount needs a coupon, promotion_code or discount.', 'discounts');
  const coupon = app.need('coupons', couponId, 'discounts[0][coupon]');
  if (!usable(app, coupon)) throw invalid(`Coupon expired: ${coupon.id}`, 'coupon', 'coupon_expired');
  const discount: Discount = {
    id: PLANNED,
    object: 'discount',
    checkout_session: on.checkout_session ?? null,
    customer: on.customer.id,
    customer_account: null,
    end:
      coupon.duration === 'repeating' ? addIntervals(app.now, 'month', coupon.duration_in_months ?? 1) : null,
    invoice: on.invoice ?? null,
    invoice_item: on.invoice_item ?? null,
    promotion_code: promotion?.id ?? null,
    source: { coupon: coupon.id, type: 'coupon' },
    start: app.now,
    subscription: on.subscription ?? null,
    subscription_item: on.subscription_item ?? null,
  } satisfies Wire<Stripe.Discount>;
  return keep ? keepDiscount(app, discount) : discount;
}

const PLANNED = 'di_tmp_preview';

/** Redeems what was only planned; one that is there already stays as it is. `replaces`: the customer's that goes for it. */
export function keepDiscount(app: App, discount: Discount, replaces?: Discount): Discount {
  if (discount.id !== PLANNED) return discount;
  const coupon = app.need('coupons', discount.source.coupon);
  const promotion = app.store.get('promotion_codes', discount.promotion_code);
  discount.id = app.ids.make('di');
  app.store.put('discounts', discount);
  coupon.times_redeemed += 1;
  coupon.valid = usable(app, coupon);
  app.store.put('coupons', coupon);
  if (promotion) {
    promotion.times_redeemed += 1;
    app.store.put('promotion_codes', promotion);
  }
  if (replaces) app.told('discounts', discount, 'customer.discount.updated', app.view('discounts', replaces));
  else app.emit('customer.discount.created', discount);
  return discount;
}

export function dropDiscount(app: App, discountId: string): void {
  const discount = app.store.get('discounts', discountId);
  if (!discount) return;
  app.emit('customer.discount.deleted', { ...discount, end: app.now });
}

/** What a discount takes off one amount by itself. */
export function offOf(app: App, discount: Discount, amount: number, product?: string): number {
  const coupon = couponOf(app, discount);
  if (!coupon || amount <= 0) return 0;
  if (coupon.applies_to && (!product || !coupon.applies_to.products.includes(product))) return 0;
  return Math.min(amount, coupon.amount_off ?? Math.round((amount * (coupon.percent_off ?? 0)) / 100));
}

/** Those that count now. */
export function activeDiscounts(app: App, ids: string[]): Discount[] {
  return ids
    .map((one) => app.store.get('discounts', one))
    .filter((discount) => discount !== undefined)
    .filter((discount) => isRunning(app, discount));
}

export function isRunning(app: App, discount: Discount): boolean {
  return discount.end === null || discount.end === undefined || discount.end > app.now;
}

/** Whether `makeDiscount` would make one now. */
export function redeemable(app: App, given: DiscountGiven, customer: string): boolean {
  if (given.discount) return app.store.get('discounts', given.discount) !== undefined;
  if (given.promotion_code) return findPromotion(app, given.promotion_code, customer) !== null;
  const coupon = app.store.get('coupons', given.coupon);
  return coupon !== undefined && usable(app, coupon);
}
