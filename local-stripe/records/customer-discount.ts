/**
 * The discount of a customer. Since 2025-03-31.basil the API gives none any more (changelog/basil/2025-03-31/
 * deprecate-singular-coupon-promotion-code); the Dashboard still does (https://github.com/stripe/stripe-dotnet/issues/3148), and
 * what older versions gave goes on. `customer.discount` shows it and `DELETE /v1/customers/{id}/discount` takes it off (stripe.md D71).
 */
import type { App } from '../app';
import type { Customer, Discount, Invoice, SubscriptionItem } from '../types';
import {
  couponOf,
  type DiscountGiven,
  dropDiscount,
  isRunning,
  keepDiscount,
  makeDiscount,
} from './discounts';
import { itemDiscounts } from './item-discounts';

/**
 * Gives a customer a discount, in place of the one that it has: "switched from one coupon to another" is
 * `customer.discount.updated` (the declarations at that event). `customer.updated` comes with "any property" that changes.
 */
export function giveDiscount(app: App, customer: Customer, given: DiscountGiven): Discount {
  const planned = makeDiscount(app, given, { customer }, false);
  const old = customer.discount ?? undefined;
  const discount = keepDiscount(app, planned, old);
  if (old) app.store.put('discounts', { ...old, end: app.now });
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.discount = { ...discount };
  });
  return discount;
}

/** Takes it off; null where there is none. */
export function takeDiscount(app: App, customer: Customer): Discount | null {
  const discount = customer.discount ?? null;
  if (!discount) return null;
  dropDiscount(app, discount.id);
  app.store.put('discounts', { ...discount, end: app.now });
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.discount = null;
  });
  return discount;
}

/** When it runs out by itself: "the current discount active" (the declarations at `Customer.discount`) is none from then on. */
export function discountDue(customer: Customer): number | null {
  return customer.discount?.end ?? null;
}

/** `duration: once` is used up by the first invoice that it lowers, as a subscription's is. */
export function endUsedDiscount(app: App, customer: Customer, invoice: Invoice): void {
  const { discount } = customer;
  if (!discount || couponOf(app, discount)?.duration !== 'once') return;
  const lowers = (invoice.total_discount_amounts ?? []).some(
    (one) => one.discount === discount.id && one.amount > 0,
  );
  if (lowers) takeDiscount(app, customer);
}

/**
 * A subscription's own discounts, or where it has none its customer's: "If not specified or empty, inherits the discount from
 * the subscription's customer" (the declarations at `SubscriptionCreateParams.discounts`, likewise at those of invoices, previews
 * and phases); one of its own stands before it (https://github.com/bitwarden/server/pull/7831). Whether an item's does as well is
 * not known: here it does.
 */
export function orCustomers(
  app: App,
  customer: string,
  items: SubscriptionItem[],
  own: Discount[],
): Discount[] {
  if (own.length > 0 || items.some((item) => itemDiscounts(app, item).length > 0)) return own;
  const discount = app.store.get('customers', customer)?.discount;
  return discount && isRunning(app, discount) ? [discount] : [];
}
