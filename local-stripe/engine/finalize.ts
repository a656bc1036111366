/** The first half of an invoice’s life: made, then opened. https://docs.stripe.com/invoicing/overview */
import type Stripe from 'stripe';
import type { App } from '../app';
import { invalid } from '../errors';
import { leastCharge } from '../records/currencies';
import { noteBalance } from '../records/customer-balance';
import { endUsedDiscount } from '../records/customer-discount';
import { activeDiscounts, couponOf, dropDiscount } from '../records/discounts';
import { makeProration } from '../records/invoice-items';
import { withBalance } from '../records/invoice-lines';
import { type InvoiceGiven, retotal, shapeInvoice } from '../records/invoice-shape';
import { recordBilled, subscriptionOf } from '../records/invoices';
import { makeIntent } from '../records/payment-intents';
import { canPlace, taxAddress, unplaceable } from '../records/places';
import { followSubscription } from '../records/schedules';
import type { Invoice, PaymentIntent, Wire } from '../types';
import { markPaid } from './collect';

/** `billed: false` for a pending update: its lines count only once it is paid. */
export function createInvoice(app: App, given: InvoiceGiven, billed = true): Invoice {
  const { subscription: sub } = given;
  const drafts = given.drafts.map((draft) =>
    sub && draft.proration && !draft.invoiceItem
      ? { ...draft, invoiceItem: makeProration(app, sub, draft, given.prorationDate ?? app.now, true).id }
      : draft,
  );
  const invoice = shapeInvoice(app, { ...given, drafts });
  app.store.put('invoices', invoice);
  for (const itemId of invoice._.items) {
    const item = app.store.get('invoice_items', itemId);
    if (item) app.store.put('invoice_items', { ...item, invoice: invoice.id });
  }
  if (billed) recordBilled(app, invoice);
  app.emit('invoice.created', app.view('invoices', invoice));
  return invoice;
}

/** Draft → open: number, balance, payment intent. https://docs.stripe.com/invoicing/integration/workflow-transitions */
export function finalize(app: App, invoice: Invoice): void {
  if (invoice.status !== 'draft') {
    throw invalid(
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      undefined,
      'invoice_not_editable',
    );
  }
  const customer = app.store.get('customers', invoice.customer);
  if (!customer) throw invalid('The customer of this invoice was deleted.');
  if (invoice.automatic_tax.enabled && !canPlace(taxAddress(customer))) dropTax(app, invoice);
  const sequence = customer.next_invoice_sequence ?? 1;
  customer.next_invoice_sequence = sequence + 1;
  if (!customer.currency) customer.currency = invoice.currency;
  const starting = customer.balance;
  const { due, ending } = carried(invoice, withBalance(invoice.total, starting));
  if (ending !== starting) {
    customer.balance = ending;
    const change = ending - starting;
    noteBalance(app, customer.id, change, ending, {
      currency: invoice.currency,
      invoice: invoice.id,
      type: change < 0 || ending > 0 ? 'invoice_too_small' : 'applied_to_invoice',
    });
  }
  app.store.put('customers', customer);
  app.change('invoices', invoice, null, (rec) => {
    rec.number = `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`;
    rec.status = 'open';
    rec.starting_balance = starting;
    rec.ending_balance = ending;
    rec.amount_due = due;
    rec.amount_remaining = due;
    rec.automatically_finalizes_at = null;
    rec.last_finalization_error = null;
    rec.effective_at = app.now;
    rec.hosted_invoice_url = `${app.url}/i/${rec.id}`;
    rec.invoice_pdf = `${app.url}/i/${rec.id}/pdf`;
    rec.status_transitions = { ...rec.status_transitions, finalized_at: app.now };
  });
  endSpentDiscounts(app, invoice);
  endUsedDiscount(app, customer, invoice);
  const intent = due > 0 ? openPayment(app, invoice) : null;
  app.emit('invoice.finalized', app.view('invoices', invoice));
  if (!intent) markPaid(app, invoice, { attempted: true });
}

/** Less than can be charged is not: it waits on the balance for the next invoice, and this one is paid (stripe.md D57). */
function carried(invoice: Invoice, of: { due: number; ending: number }): { due: number; ending: number } {
  const small = of.due > 0 && of.due < leastCharge(invoice.currency);
  return small ? { due: 0, ending: of.ending + of.due } : of;
}

/**
 * The place of a subscription's customer is not known: its invoice goes out without tax, automatic tax is off on both until
 * somebody turns it on, and both say why (stripe.md D19). An invoice of its own cannot be finalised.
 * https://docs.stripe.com/tax/customer-locations (Invoice finalization errors)
 */
function dropTax(app: App, invoice: Invoice): void {
  const sub = subscriptionOf(app, invoice);
  if (!sub) throw unplaceable('automatic_tax');
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    rec.automatic_tax = {
      ...rec.automatic_tax,
      enabled: false,
      disabled_reason: 'finalization_requires_location_inputs',
      status: 'requires_location_inputs',
    };
    retotal(
      app,
      rec,
      rec.lines.map((line) => ({ ...line, taxes: [] })),
    );
  });
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.automatic_tax = { ...rec.automatic_tax, enabled: false, disabled_reason: 'requires_location_inputs' };
  });
  followSubscription(app, sub, { automatic_tax: { enabled: false } });
}

/** `duration: once` is used up by the first invoice that it lowers; `repeating` by its end date. */
function endSpentDiscounts(app: App, invoice: Invoice): void {
  const sub = subscriptionOf(app, invoice);
  if (!sub) return;
  const all = [...sub.discounts, ...sub.items.flatMap((item) => item.discounts)].map(String);
  if (all.length === 0) return;
  const used = new Set(
    (invoice.total_discount_amounts ?? []).filter((one) => one.amount > 0).map((one) => one.discount),
  );
  const active = new Set(activeDiscounts(app, all).map((discount) => discount.id));
  const spent = all.filter((one) => {
    const discount = app.store.get('discounts', one);
    return !discount || !active.has(one) || (used.has(one) && couponOf(app, discount)?.duration === 'once');
  });
  if (spent.length === 0) return;
  for (const one of spent) {
    dropDiscount(app, one);
    // Over for good: a phase that goes on with it does not grant it again (https://github.com/bitwarden/server/pull/8278).
    const discount = app.store.get('discounts', one);
    if (discount && active.has(one)) app.store.put('discounts', { ...discount, end: app.now });
  }
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.discounts = rec.discounts.filter((one) => !spent.includes(one));
    rec.items = rec.items.map((item) => ({
      ...item,
      discounts: item.discounts.filter((one) => !spent.includes(String(one))),
    }));
  });
}

function openPayment(app: App, invoice: Invoice): PaymentIntent {
  const sub = subscriptionOf(app, invoice);
  const intent = makeIntent(app, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    // https://docs.stripe.com/api/payment_intents/object (stripe.md G10)
    description: sub
      ? invoice.billing_reason === 'subscription_create'
        ? 'Subscription creation'
        : 'Subscription update'
      : 'Payment for Invoice',
    invoice: invoice.id,
    setup_future_usage: 'off_session',
  });
  app.store.put('invoice_payments', {
    id: app.ids.make('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: app.now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  } satisfies Wire<Stripe.InvoicePayment>);
  return intent;
}
