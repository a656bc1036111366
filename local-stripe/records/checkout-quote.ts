/** What a checkout session costs: the same arithmetic as an invoice, nothing written. */
import type { App } from '../app';
import { DAY } from '../clock';
import type { CheckoutLine, CheckoutSession, Customer, Price } from '../types';
import { orCustomers } from './customer-discount';
import { type DiscountGiven, makeDiscount } from './discounts';
import { type Draft, oneOff } from './drafts';
import { makeLines, totalsOf } from './invoice-lines';
import { priceAmount } from './price-words';
import { placeFor } from './tax';

/** When the trial of this session would end, as of now. */
export function trialEndOf(app: App, session: CheckoutSession): number | null {
  const { trial_end, trial_period_days } = session._.subscription_data;
  return trial_end ?? (trial_period_days ? app.now + trial_period_days * DAY : null);
}

export interface Quote {
  lines: { line: CheckoutLine; price: Price; discount: number; tax: number; taxPercent: number | null }[];
  subtotal: number;
  discount: number;
  tax: number;
  total: number;
  dueToday: number;
  trialEnd: number | null;
  currency: string;
}

/** The amounts of a session for a customer in a place; nothing is written but tax rates. */
export function quote(
  app: App,
  session: CheckoutSession,
  customer: Customer,
  discounts: DiscountGiven[],
  /** VAT numbers typed into the form, not yet the customer's. */
  vatIds: string[] = [],
): Quote {
  const priced = session._.lines.map((line) => ({
    line,
    price: app.store.get('prices', line.price) as Price,
  }));
  const drafts = priced.map(({ line, price }) => lineDraft(app, line, price));
  const made = discounts.map((one) => makeDiscount(app, one, { customer }, false));
  const lines = makeLines(app, drafts, {
    // What a subscription without its own inherits, its first invoice takes off.
    discounts: session.mode === 'subscription' ? orCustomers(app, customer.id, [], made) : made,
    automaticTax: session.automatic_tax.enabled,
    place: placeFor(app, customer, vatIds),
    lineId: () => 'il_tmp',
    invoice: null,
  });
  const totals = totalsOf(lines);
  const trialEnd = session.mode === 'subscription' ? trialEndOf(app, session) : null;
  const discount = totals.total_discount_amounts.reduce((sum, one) => sum + one.amount, 0);
  const oneTime = lines.filter((_, at) => priced[at]?.price.type === 'one_time');
  return {
    lines: priced.map((row, at) => {
      const line = lines[at];
      const tax = line?.taxes?.[0];
      return {
        ...row,
        discount: (line?.discount_amounts ?? []).reduce((sum, one) => sum + one.amount, 0),
        tax: tax?.amount ?? 0,
        taxPercent: app.store.get('tax_rates', tax?.tax_rate_details?.tax_rate)?.percentage ?? null,
      };
    }),
    subtotal: totals.subtotal,
    discount,
    tax: totals.total - (totals.subtotal - discount),
    total: totals.total,
    dueToday: trialEnd ? totalsOf(oneTime).total : totals.total,
    trialEnd,
    currency: session.currency ?? priced[0]?.price.currency ?? 'eur',
  };
}

/** What a line bills on an invoice. */
export function lineDraft(app: App, line: CheckoutLine, price: Price): Draft {
  const description = price.recurring ? {} : { description: line.description ?? 'Item' };
  return oneOff(app, price, line.quantity ?? 1, description);
}

/** Writes a quote's amounts onto the session and its lines. */
export function writeAmounts(session: CheckoutSession, amounts: Quote): void {
  const share = amounts.trialEnd ? 0 : 1;
  session.amount_subtotal = amounts.trialEnd ? amounts.dueToday : amounts.subtotal;
  session.amount_total = amounts.dueToday;
  session.total_details = {
    amount_discount: amounts.discount * share,
    amount_shipping: 0,
    amount_tax: amounts.tax * share,
  };
  session._.lines = amounts.lines.map(({ line, price, discount, tax }) => {
    const free = amounts.trialEnd !== null && price.type === 'recurring';
    return {
      ...line,
      amount_subtotal: free ? 0 : priceAmount(price, line.quantity ?? 1),
      amount_discount: free ? 0 : discount,
      amount_tax: free ? 0 : tax,
      amount_total: free
        ? 0
        : priceAmount(price, line.quantity ?? 1) - discount + (price.tax_behavior === 'inclusive' ? 0 : tax),
    };
  });
}
