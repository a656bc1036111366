/** Paying a checkout session, and what comes of it. https://docs.stripe.com/payments/checkout/how-checkout-works */
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { DAY } from '../clock';
import { cardError, invalid } from '../errors';
import { lineDraft, quote, trialEndOf, writeAmounts } from '../records/checkout-quote';
import { newCustomer } from '../records/customers';
import { type DiscountGiven, findPromotion, makeDiscount } from '../records/discounts';
import { attach, checkNumber, makeCard } from '../records/payment-methods';
import { confirm, foresee, makeIntent, refuses } from '../records/payments';
import { confirmSetup, makeSetupIntent } from '../records/setup-intents';
import { createTaxId } from '../records/tax-ids';
import type { Address, CheckoutSession, Customer, PaymentMethod, Price } from '../types';
import { createInvoice, finalize, markPaid } from './collect';
import { startSubscription } from './subscription-start';

export interface Completion {
  card: { number: string; exp_month?: number; exp_year?: number } | null;
  email?: string | undefined;
  name?: string | undefined;
  businessName?: string | undefined;
  address?: Address | undefined;
  taxId?: { type: string; value: string } | undefined;
  promotionCode?: string | undefined;
  authentication?: 'passed' | 'failed' | undefined;
  delayed?: boolean | undefined;
}
type Completed = { kind: 'done' } | { kind: 'authenticate' };

/** The customer as it will be, not yet written: quotes before the button is pressed use it too. */
export function draftCustomer(
  app: App,
  session: CheckoutSession,
  given: Pick<Completion, 'email' | 'name' | 'address'>,
): Customer {
  const known = app.store.get('customers', session.customer);
  const base = known ? structuredClone(known) : { ...emptyCustomer(app), email: session.customer_email };
  if (given.email && !base.email) base.email = given.email;
  if (given.name && (!known || session._.customer_update.name || !base.name)) base.name = given.name;
  if (given.address && (!known || session._.customer_update.address)) base.address = given.address;
  return base;
}

function emptyCustomer(app: App): Customer {
  const counters = { ...app.store.meta.counters };
  const customer = newCustomer(app);
  app.store.meta.counters = counters;
  return { ...customer, id: 'cus_preview' };
}

export function discountsGiven(
  app: App,
  session: CheckoutSession,
  promotionCode: string | undefined,
): DiscountGiven[] {
  if (promotionCode && session.allow_promotion_codes) {
    const promotion = findPromotion(app, promotionCode, session.customer);
    if (!promotion) throw invalid('This code is invalid.', 'promotion_code', 'promotion_code_invalid');
    return [{ promotion_code: promotion.id }];
  }
  return (session.discounts ?? []).map((one) =>
    one.promotion_code ? { promotion_code: one.promotion_code } : { coupon: one.coupon ?? '' },
  );
}

/**
 * What the Pay button does. A declined card throws and leaves everything as it was. Order of what happens:
 * customer, card, subscription, invoice, then checkout.session.completed last (stripe.md 30).
 */
export function complete(app: App, session: CheckoutSession, given: Completion): Completed {
  if (session.status !== 'open')
    throw invalid(`This Checkout Session is ${session.status}.`, undefined, 'checkout_session_not_open');
  const draftOfCustomer = draftCustomer(app, session, given);
  if (!draftOfCustomer.email && session.mode !== 'setup') throw invalid('Enter your email.', 'email');
  if (
    session.billing_address_collection === 'required' &&
    !(given.address?.country ?? draftOfCustomer.address?.country)
  ) {
    throw invalid('Enter your billing address.', 'address');
  }
  const discounts = discountsGiven(app, session, given.promotionCode);
  const amounts = session.mode === 'setup' ? null : quote(app, session, draftOfCustomer, discounts);
  if (session.automatic_tax.enabled && !draftOfCustomer.address?.country) {
    throw invalid('Enter your country: it decides the tax.', 'address');
  }
  const due = amounts?.dueToday ?? 0;
  const needsCard =
    session.mode !== 'payment' ? session.payment_method_collection !== 'if_required' || due > 0 : due > 0;
  if (needsCard && !given.card) throw invalid('Enter your card number.', 'card');

  // Everything that can refuse comes before everything that writes.
  if (given.card) checkNumber(given.card.number);
  const probe = given.card ? probeCard(given.card.number) : null;
  if (probe && given.authentication !== 'passed') {
    const decline = refuses(probe);
    if (decline) throw cardError(decline);
    if (given.authentication === 'failed') throw cardError(authenticationFailed());
    const behavior = cardBehavior(probe._.number);
    if (behavior.kind === 'authenticates') return { kind: 'authenticate' };
    if (due > 0 && !given.delayed) {
      const outcome = foresee(probe, { offSession: false });
      if (outcome.kind === 'failed') throw cardError(outcome.decline);
    }
  }
  if (given.taxId) checkTaxId(given.taxId);

  const customer = settleCustomer(app, session, draftOfCustomer, given);
  return app.on(customer?.test_clock, () => {
    const method = given.card
      ? makeCard(app, {
          ...given.card,
          name: given.name,
          email: given.email ?? customer?.email,
          address: given.address,
        })
      : null;
    if (method && given.authentication === 'passed') {
      method._.authenticated = true;
      app.store.put('payment_methods', method);
    }
    if (amounts) writeAmounts(session, amounts);
    session._.payment_method = method?.id ?? null;
    app.store.put('checkout_sessions', session);
    if (session.mode === 'subscription' && customer)
      subscribe(app, session, customer, method, discounts, given);
    else if (session.mode === 'setup') saveCard(app, session, customer, method);
    else pay(app, session, customer, method, discounts, due, given);
    finish(app, session, customer, due, given);
    return { kind: 'done' };
  });
}

function authenticationFailed() {
  return {
    code: 'payment_intent_authentication_failure',
    message:
      'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
  };
}

function probeCard(number: string): PaymentMethod {
  return { _: { number, authenticated: false } } as PaymentMethod;
}

function checkTaxId(taxId: { type: string; value: string }): void {
  if (taxId.type === 'eu_vat' && !/^[A-Za-z]{2}[0-9A-Za-z+* .-]{2,14}$/.test(taxId.value.trim())) {
    throw invalid('This VAT number is not valid.', 'tax_id', 'tax_id_invalid');
  }
}

function settleCustomer(
  app: App,
  session: CheckoutSession,
  shaped: Customer,
  given: Completion,
): Customer | null {
  const known = app.store.get('customers', session.customer);
  if (known) {
    app.on(known.test_clock, () => {
      app.change('customers', known, 'customer.updated', (rec) => {
        rec.email = shaped.email;
        rec.name = shaped.name;
        rec.address = shaped.address;
      });
      if (given.taxId) createTaxId(app, known, given.taxId.type, given.taxId.value);
    });
    return known;
  }
  // Payment mode makes a customer only when asked to (customer_creation).
  if (session.mode === 'payment' && session.customer_creation !== 'always') return null;
  if (session.mode === 'setup' && session.customer_creation !== 'always') return null;
  const made = newCustomer(app, { email: shaped.email, name: shaped.name, address: shaped.address });
  app.store.put('customers', made);
  app.emit('customer.created', app.view('customers', made));
  session.customer = made.id;
  if (given.taxId) createTaxId(app, made, given.taxId.type, given.taxId.value);
  return made;
}

function subscribe(
  app: App,
  session: CheckoutSession,
  customer: Customer,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
  given: Completion,
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
      .map(({ line, price }) => lineDraft(app, line, price, null, {})),
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
    delayed: given.delayed ?? false,
  });
  session.subscription = sub.id;
  session.invoice = sub.latest_invoice;
}

function pay(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
  due: number,
  given: Completion,
): void {
  const data = session._.payment_intent_data;
  if (session._.invoice_data.enabled && customer) {
    payByInvoice(app, session, customer, method, discounts, given);
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
  confirm(app, intent, method, how(given));
}

function how(given: Completion) {
  return {
    offSession: false,
    authentication: 'passed' as const,
    ...(given.delayed ? { delayed: true } : {}),
  };
}

/** `invoice_creation`: a one-off invoice; its `parent` is null (stripe.md 24). */
function payByInvoice(
  app: App,
  session: CheckoutSession,
  customer: Customer,
  method: PaymentMethod | null,
  discounts: DiscountGiven[],
  given: Completion,
): void {
  const invoice = createInvoice(app, {
    customer,
    subscription: null,
    reason: 'manual',
    drafts: session._.lines.map((line) =>
      lineDraft(app, line, app.store.get('prices', line.price) as Price, null, {}),
    ),
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
  if (confirm(app, intent, method, how(given)).kind === 'succeeded') markPaid(app, invoice, {});
}

function saveCard(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  method: PaymentMethod | null,
): void {
  const intent = makeSetupIntent(app, customer?.id ?? null, session._.setup_intent_data.metadata);
  session.setup_intent = intent.id;
  if (method) confirmSetup(app, intent, method, 'passed');
}

/** `payment_status`: paid, unpaid for delayed methods, no_payment_required for trials and setup (stripe.md 31). */
function finish(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  due: number,
  given: Completion,
): void {
  app.change('checkout_sessions', session, null, (rec) => {
    rec.status = 'complete';
    rec.url = null;
    rec.payment_status =
      rec.mode === 'setup' || due === 0 ? 'no_payment_required' : given.delayed ? 'unpaid' : 'paid';
    rec.customer = customer?.id ?? rec.customer;
    if (given.delayed && due > 0) rec._.settle_at = app.now + DAY;
    rec.automatic_tax = { ...rec.automatic_tax, status: rec.automatic_tax.enabled ? 'complete' : null };
    rec.customer_details = {
      address: given.address ?? customer?.address ?? null,
      business_name: given.businessName ?? null,
      email: customer?.email ?? given.email ?? rec.customer_email,
      individual_name: null,
      name: given.name ?? customer?.name ?? null,
      phone: customer?.phone ?? null,
      tax_exempt: customer?.tax_exempt ?? 'none',
      tax_ids: given.taxId ? [{ type: given.taxId.type as 'eu_vat', value: given.taxId.value }] : [],
    };
  });
  app.emit('checkout.session.completed', app.view('checkout_sessions', session));
}
