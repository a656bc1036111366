/** What every preview takes from what was asked: customer, discounts, further items, tax. */
import type { App } from '../app';
import { invalid, StripeError } from '../errors';
import { fullAddress, newCustomer } from '../records/customers';
import { makeDiscount } from '../records/discounts';
import { type Draft, oneOff } from '../records/drafts';
import { priceFor } from '../records/prices';
import type { Customer, Discount, Subscription } from '../types';
import type { PreviewGiven } from './preview-params';

/** A copy of the customer, or one made up, with the address and tax status asked about. Writes nothing. */
export function whose(app: App, given: PreviewGiven, sub: Subscription | null): Customer {
  const known = given.customer ?? sub?.customer;
  const base = known ? structuredClone(app.need('customers', known, 'customer')) : null;
  if (!base && !given.customer_details)
    throw invalid(
      'You must provide a `customer`, `subscription` or `customer_details`.',
      'customer',
      'parameter_missing',
    );
  if (given.customer && sub && sub.customer !== given.customer)
    throw invalid('The subscription does not belong to this customer.', 'subscription');
  const counters = { ...app.store.meta.counters };
  const customer = base ?? newCustomer(app);
  app.store.meta.counters = counters;
  const { address: place, tax_exempt } = given.customer_details ?? {};
  if (place !== undefined) customer.address = place && fullAddress(place);
  if (tax_exempt !== undefined) customer.tax_exempt = tax_exempt ?? 'none';
  return customer;
}

/** Undefined: as the subscription, or its next phase, has them. `''` is none at all. */
export function discountsFor(
  app: App,
  given: PreviewGiven,
  customer: Customer,
  sub: Subscription | null,
): Discount[] | undefined {
  if (given.discounts === undefined) return undefined;
  const on = { customer, ancestors: [sub?.id] };
  return (given.discounts ?? []).map((one) => makeDiscount(app, one, on, false));
}

/** `invoice_items` of the request: lines beside those of the subscription. */
export function extraDrafts(app: App, given: PreviewGiven, currency: string): Draft[] {
  return (given.invoice_items ?? []).map((item, at) => {
    const price = item.price ? (priceFor(app, { price: item.price }, `invoice_items[${at}]`) ?? null) : null;
    const quantity = item.quantity ?? 1;
    return oneOff(app, price, quantity, {
      amount: item.amount ?? Math.round(Number(price?.unit_amount ?? 0) * quantity),
      currency,
      description: item.description ?? 'Item',
      discountable: item.discountable ?? true,
    });
  });
}

/** Automatic tax as asked, else as the subscription has it. */
export function taxed(given: PreviewGiven, sub: Subscription | null): boolean {
  return given.automatic_tax?.enabled ?? sub?.automatic_tax.enabled ?? false;
}

/** https://docs.stripe.com/error-codes/invoice-upcoming-none */
export function noneUpcoming(customer: string): StripeError {
  return new StripeError(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customer}`,
  });
}
