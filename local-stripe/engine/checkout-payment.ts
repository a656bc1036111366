/** How a checkout session is paid: by a subscription, a payment, an invoice, or by saving a card. */
import type { App } from '../app';
import { lineDraft, trialEndOf } from '../records/checkout-quote';
import { type DiscountGiven, makeDiscount } from '../records/discounts';
import { makeIntent } from '../records/payment-intents';
import { attach } from '../records/payment-methods';
import { confirm } from '../records/payments';
import { confirmSetup } from '../records/setup-intents';
import type { CheckoutSession, Customer, PaymentMethod, Price } from '../types';
import { markPaid } from './collect';
import { createInvoice, finalize } from './finalize';
import { startSubscription } from './subscription-start';

/** Mode subscription: one-time lines go onto the first invoice. */
export function subscribe(
  app: App,
  session: CheckoutSession,
  customer: Customer,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
): void {
  if (method) attach(app, method, customer);
  const data = session._.subscription_data;
  const priced = session._.lines.map((line) => ({
    line,
    price: app.store.get('prices', line.price) as Price,
  }));
  const sub = startSubscription(app, {
    customer,
    items: priced
      .filter(({ price }) => price.recurring)
      .map(({ line, price }) => ({ price, quantity: line.quantity ?? 1 })),
    extra: priced
      .filter(({ price }) => !price.recurring)
      .map(({ line, price }) => lineDraft(app, line, price)),
    trialEnd: trialEndOf(app, session),
    anchor: data.billing_cycle_anchor,
    method: method?.id ?? null,
    discounts,
    automaticTax: session.automatic_tax.enabled,
    metadata: data.metadata,
    description: data.description,
    behavior: 'allow_incomplete',
    missingMethod: data.missing_payment_method,
    checkoutSession: session.id,
    authentication: 'passed',
  });
  session.subscription = sub.id;
  session.invoice = sub.latest_invoice;
}

/** Mode payment: an intent, or an invoice where `invoice_creation` asks for one. */
export function payNow(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
  due: number,
): void {
  const data = session._.payment_intent_data;
  if (session._.invoice_data.enabled && customer) {
    payByInvoice(app, session, customer, method, discounts);
    return;
  }
  for (const one of discounts)
    if (customer) makeDiscount(app, one, { customer, checkout_session: session.id });
  if (due === 0 || !method) return;
  if (customer && data.setup_future_usage) attach(app, method, customer);
  const intent = makeIntent(app, {
    amount: due,
    currency: session.currency ?? 'eur',
    customer: customer?.id ?? null,
    description: data.description,
    metadata: data.metadata,
    session: session.id,
    setup_future_usage: data.setup_future_usage,
  });
  session.payment_intent = intent.id;
  app.store.put('checkout_sessions', session);
  confirm(app, intent, method, AT_THE_PAGE);
}

const AT_THE_PAGE = { offSession: false, authentication: 'passed' as const };

/** `invoice_creation`: a one-off invoice; its `parent` is null (stripe.md 24). */
function payByInvoice(
  app: App,
  session: CheckoutSession,
  customer: Customer,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
): void {
  const invoice = createInvoice(app, {
    customer,
    subscription: null,
    reason: 'manual',
    drafts: session._.lines.map((line) => lineDraft(app, line, app.store.get('prices', line.price) as Price)),
    discounts: discounts.map((one) => makeDiscount(app, one, { customer, checkout_session: session.id })),
    currency: session.currency ?? 'eur',
    periodStart: app.now,
    periodEnd: app.now,
    automaticTax: session.automatic_tax.enabled,
    autoAdvance: false,
    metadata: session._.invoice_data.metadata,
    description: session._.invoice_data.description,
  });
  finalize(app, invoice);
  const payment = app.store.by('invoice_payments', 'invoice', invoice.id)[0];
  const intent = app.store.get('payment_intents', payment?.payment.payment_intent);
  session.invoice = invoice.id;
  if (!intent || !method) return;
  intent.metadata = session._.payment_intent_data.metadata;
  session.payment_intent = intent.id;
  app.store.put('checkout_sessions', session);
  if (confirm(app, intent, method, AT_THE_PAGE).kind === 'succeeded') markPaid(app, invoice, {});
}

/** Mode setup. */
export function saveCard(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  method: PaymentMethod | null,
): void {
  const intent = app.need('setup_intents', session.setup_intent);
  if (customer) intent.customer = customer.id;
  if (method) confirmSetup(app, intent, method, 'passed');
}
