/** Cards. https://docs.stripe.com/api/payment_methods */
import type Stripe from 'stripe';
import type { App } from '../app';
import { brandOf, cardBehavior, isCardNumber, numberOfToken } from '../cards';
import { cardError, invalid } from '../errors';
import { scramble } from '../ids';
import type { Address, Customer, PaymentMethod, Wire } from '../types';
import { fullAddress } from './customers';
import { makeDebit } from './debits';

interface CardGiven {
  number: string;
  exp_month?: number | undefined;
  exp_year?: number | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  address?: Address | null | undefined;
}

export function checkNumber(number: string): void {
  if (isCardNumber(number)) return;
  throw cardError(
    { code: 'incorrect_number', message: 'Your card number is incorrect.' },
    { param: 'number' },
  );
}

export function makeCard(app: App, given: CardGiven): PaymentMethod {
  checkNumber(given.number);
  const brand = brandOf(given.number);
  const year = new Date(app.now * 1000).getUTCFullYear();
  const method: PaymentMethod = {
    ...({
      id: app.ids.make('pm'),
      object: 'payment_method',
      allow_redisplay: 'unspecified',
      billing_details: {
        address: given.address ?? fullAddress({}),
        email: given.email ?? null,
        name: given.name ?? null,
        phone: null,
        tax_id: null,
      },
      card: {
        brand,
        checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
        country: 'US',
        display_brand: brand,
        exp_month: given.exp_month ?? 12,
        exp_year: given.exp_year ?? year + 4,
        fingerprint: scramble(`card:${given.number}`, 16),
        funding: given.number === '4000056655665556' ? 'debit' : 'credit',
        generated_from: null,
        last4: given.number.slice(-4),
        networks: { available: [brand], preferred: null },
        regulated_status: 'unregulated',
        three_d_secure_usage: { supported: true },
        wallet: null,
      },
      created: app.now,
      customer: null,
      customer_account: null,
      livemode: false,
      metadata: {},
      type: 'card',
    } satisfies Wire<Stripe.PaymentMethod>),
    _: { number: given.number, authenticated: false },
  };
  return app.store.put('payment_methods', method);
}

const DEBIT_TOKEN = 'pm_sepaDebit';

export function isToken(given: string): boolean {
  return given === DEBIT_TOKEN || numberOfToken(given) !== null;
}

/** A card by id, or a fresh one for a test token (`pm_card_visa`). https://docs.stripe.com/testing?testing-method=payment-methods */
export function resolvePaymentMethod(
  app: App,
  given: string,
  customer: string | null,
  param = 'payment_method',
): PaymentMethod {
  const number = numberOfToken(given);
  if (isToken(given)) {
    const made = number ? makeCard(app, { number }) : makeDebit(app, {});
    if (customer) attach(app, made, app.need('customers', customer, 'customer'));
    return made;
  }
  const method = app.need('payment_methods', given, param);
  if (customer && method.customer !== customer) {
    throw invalid(
      `The customer does not have a payment method with the ID ${given}. The payment method must be attached to the customer.`,
      param,
      'resource_missing',
    );
  }
  return method;
}

/** Some cards refuse to be saved (…0002 and its kin), …0341 lets itself be saved and fails later. */
export function attach(app: App, method: PaymentMethod, customer: Customer): void {
  const behavior = cardBehavior(method._.number);
  if (behavior.kind === 'declines' && !behavior.attach) throw cardError(behavior.decline, { param: '' });
  if (method.customer === customer.id) return;
  app.change('payment_methods', method, null, (rec) => {
    rec.customer = customer.id;
  });
  app.emit('payment_method.attached', app.view('payment_methods', method));
}

/** The event carries customer null; the old one is in previous_attributes (stripe.md 34). */
export function detach(app: App, method: PaymentMethod): void {
  const customer = app.store.get('customers', method.customer);
  app.change('payment_methods', method, 'payment_method.detached', (rec) => {
    rec.customer = null;
  });
  if (customer?.invoice_settings.default_payment_method === method.id) setDefault(app, customer, null);
  for (const sub of customer ? app.store.by('subscriptions', 'customer', customer.id) : []) {
    if (sub.default_payment_method !== method.id) continue;
    app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
      rec.default_payment_method = null;
    });
  }
}

export function setDefault(app: App, customer: Customer, method: string | null): void {
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.invoice_settings = { ...rec.invoice_settings, default_payment_method: method };
  });
}
