/** Each try to collect an invoice, and its being paid. https://docs.stripe.com/invoicing/automatic-collection */
import type { App } from '../app';
import type { Decline } from '../cards';
import { invalid } from '../errors';
import { subscriptionOf } from '../records/invoices';
import { cancelIntent } from '../records/payment-intents';
import { confirm, foresee, type How, type Outcome } from '../records/payments';
import type { Invoice, PaymentIntent, PaymentMethod } from '../types';
import { invoiceFailed, invoicePaid } from './settle';

export function intentOf(app: App, invoice: Invoice): PaymentIntent | undefined {
  const payment = app.store.by('invoice_payments', 'invoice', invoice.id).at(-1);
  return app.store.get('payment_intents', payment?.payment.payment_intent);
}

/** The invoice's card, else the subscription's, else the customer's. https://docs.stripe.com/billing/collection-method */
export function methodFor(
  app: App,
  invoice: Pick<Invoice, 'customer' | 'default_payment_method'>,
  sub?: { default_payment_method: string | null },
): PaymentMethod | undefined {
  const customer = app.store.get('customers', invoice.customer);
  const id =
    invoice.default_payment_method ??
    sub?.default_payment_method ??
    customer?.invoice_settings.default_payment_method;
  return app.store.get('payment_methods', id);
}

const NO_METHOD: Decline = {
  code: 'resource_missing',
  message:
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
};

type Tried = Outcome | { kind: 'no_method' };

/**
 * One try to collect an open invoice. `automatic`: by the engine's schedule; only those count as retries
 * (`attempt_count`: any first try, then automatic ones). https://docs.stripe.com/api/invoices/object
 */
export function collect(
  app: App,
  invoice: Invoice,
  how: How & { method?: PaymentMethod; automatic: boolean },
): Tried {
  const intent = intentOf(app, invoice);
  if (!intent) throw invalid(`Invoice ${invoice.id} has nothing to pay.`);
  const method = how.method ?? methodFor(app, invoice, subscriptionOf(app, invoice));
  app.change('invoices', invoice, null, (rec) => {
    if (how.automatic || rec.attempt_count === 0) rec.attempt_count += 1;
    rec.attempted = true;
  });
  if (!method) {
    invoiceFailed(app, invoice, { kind: 'failed', decline: NO_METHOD }, how.automatic);
    return { kind: 'no_method' };
  }
  const counted = invoice.attempt_count;
  const outcome = confirm(app, intent, method, how);
  // A first payment that waits for 3-D Secure was tried and is not counted (stripe.md F1).
  if (outcome.kind === 'requires_action' && invoice.billing_reason === 'subscription_create' && counted === 1)
    invoice.attempt_count = 0;
  if (outcome.kind === 'succeeded') markPaid(app, invoice, {});
  else if (outcome.kind !== 'processing') invoiceFailed(app, invoice, outcome, how.automatic);
  return outcome;
}

/** What `collect` would come to. */
export function foreseeCollection(
  app: App,
  customer: string,
  sub: { default_payment_method: string | null },
  method?: PaymentMethod,
): Tried {
  const card = method ?? methodFor(app, { customer, default_payment_method: null }, sub);
  return card ? foresee(card, { offSession: true }) : { kind: 'no_method' };
}

/**
 * invoice.paid always; invoice.payment_succeeded too unless paid out of band (stripe.md 25, 26).
 */
export function markPaid(
  app: App,
  invoice: Invoice,
  how: { outOfBand?: boolean; attempted?: boolean },
): void {
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    rec.status = 'paid';
    rec.attempted = true;
    if (rec.amount_due > 0 && rec.attempt_count === 0) rec.attempt_count = 1;
    rec.amount_paid = rec.amount_due;
    if (how.outOfBand) rec.amount_paid_off_stripe = rec.amount_due;
    rec.amount_remaining = 0;
    rec.auto_advance = false;
    rec.next_payment_attempt = null;
    rec.status_transitions = { ...rec.status_transitions, paid_at: app.now };
  });
  const payment = app.store.by('invoice_payments', 'invoice', invoice.id).at(-1);
  if (payment && payment.status === 'open') {
    if (how.outOfBand) {
      const intent = intentOf(app, invoice);
      if (intent) cancelIntent(app, intent, 'void_invoice');
      payment.status = 'canceled';
      payment.status_transitions = { canceled_at: app.now, paid_at: null };
    } else {
      payment.status = 'paid';
      payment.amount_paid = payment.amount_requested;
      payment.status_transitions = { canceled_at: null, paid_at: app.now };
    }
    app.store.put('invoice_payments', payment);
    if (payment.status === 'paid') app.emit('invoice_payment.paid', payment);
  }
  const shown = app.view('invoices', invoice);
  app.emit('invoice.paid', shown);
  if (!how.outOfBand) app.emit('invoice.payment_succeeded', shown);
  invoicePaid(app, invoice);
}
