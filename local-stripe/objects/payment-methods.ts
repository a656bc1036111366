/** Cards. https://docs.stripe.com/api/payment_methods */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { brandOf, cardBehavior, isCardNumber, numberOfToken } from '../cards';
import { cardError, invalid, missing } from '../errors';
import { page } from '../http/list';
import {
  address,
  clearable,
  expand,
  filled,
  ignored,
  int,
  mergeMetadata,
  metadata,
  paging,
  parse,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { scramble } from '../ids';
import type { Address, Customer, Metadata, PaymentMethod, Wire } from '../types';
import { fullAddress, getCustomer } from './customers';
import { strip } from './lookup';

export interface CardGiven {
  number: string;
  exp_month?: number | undefined;
  exp_year?: number | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  address?: Address | null | undefined;
}

const billing = z.strictObject({
  address: clearable(address).optional(),
  email: clearable(text).optional(),
  name: text.optional(),
  phone: text.optional(),
  tax_id: text.optional(),
});
const createParams = z.strictObject({
  type: z.enum(['card']),
  card: z.strictObject({
    number: text.optional(),
    exp_month: int.optional(),
    exp_year: int.optional(),
    cvc: text.optional(),
    token: text.optional(),
    networks: ignored,
  }),
  billing_details: billing.optional(),
  metadata: metadata.optional(),
  allow_redisplay: ignored,
  customer: ignored,
  expand,
});
const updateParams = z.strictObject({
  billing_details: billing.optional(),
  card: z.strictObject({ exp_month: int.optional(), exp_year: int.optional(), networks: ignored }).optional(),
  metadata: metadata.optional(),
  allow_redisplay: ignored,
  expand,
});

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

/** A card by id, or a fresh one for a test token (`pm_card_visa`). https://docs.stripe.com/testing?testing-method=payment-methods */
export function resolvePaymentMethod(
  app: App,
  given: string,
  customer: string | null,
  param = 'payment_method',
): PaymentMethod {
  const number = numberOfToken(given);
  if (number) {
    const made = makeCard(app, { number });
    if (customer) attach(app, made, getCustomer(app, customer, 'customer'));
    return made;
  }
  const method = app.store.get('payment_methods', given);
  if (!method) throw missing('PaymentMethod', given, param);
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
  if (behavior.kind === 'declines' && !behavior.attach) throw cardError(behavior.decline);
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

function getMethod(app: App, methodId: string): PaymentMethod {
  const method = app.store.get('payment_methods', methodId);
  if (!method) throw missing('PaymentMethod', methodId);
  return method;
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const number = given.card.number ?? numberOfToken(given.card.token ?? '');
  if (!number) throw invalid('Missing required param: card[number].', 'card[number]', 'parameter_missing');
  const { billing_details: details } = given;
  const method = makeCard(app, {
    number,
    exp_month: given.card.exp_month,
    exp_year: given.card.exp_year,
    name: details?.name,
    email: details?.email,
    address: details?.address ? fullAddress(details.address) : null,
  });
  method.metadata = (given.metadata ?? {}) as Metadata;
  app.store.put('payment_methods', method);
  return strip(method);
}

function update(call: Call): object {
  const { app } = call;
  const method = getMethod(app, id(call));
  const given = parse(updateParams, call.params);
  app.change('payment_methods', method, method.customer ? 'payment_method.updated' : null, (rec) => {
    const { address: place, ...details } = given.billing_details ?? {};
    rec.billing_details = {
      ...rec.billing_details,
      ...Object.fromEntries(Object.entries(details).map(([key, value]) => [key, value || null])),
      ...(place === undefined ? {} : { address: place && fullAddress(place) }),
    };
    if (given.card && rec.card) {
      rec.card = {
        ...rec.card,
        exp_month: given.card.exp_month ?? rec.card.exp_month,
        exp_year: given.card.exp_year ?? rec.card.exp_year,
      };
    }
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
  });
  return strip(method);
}

function attachTo(call: Call): object {
  const { app } = call;
  const given = parse(z.strictObject({ customer: filled, expand }), call.params);
  const customer = getCustomer(app, given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const method = resolvePaymentMethod(app, id(call), null);
    if (method.customer && method.customer !== customer.id) {
      throw invalid(
        'The payment method you provided has already been attached to a customer.',
        'payment_method',
        'payment_method_unexpected_state',
      );
    }
    attach(app, method, customer);
    return strip(method);
  });
}

function detachFrom(call: Call): object {
  const { app } = call;
  const method = getMethod(app, id(call));
  if (!method.customer)
    throw invalid(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    );
  detach(app, method);
  return strip(method);
}

const listParams = { ...paging, type: text.optional(), allow_redisplay: ignored };

export const paymentMethodRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/payment_methods', handler: create },
  {
    method: 'GET',
    pattern: '/v1/payment_methods',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({ ...listParams, customer: filled.optional(), customer_account: ignored }),
        params,
      );
      const found = given.customer ? app.store.by('payment_methods', 'customer', given.customer) : [];
      return page(
        found.filter((method) => !given.type || method.type === given.type),
        given,
        '/v1/payment_methods',
        strip,
      );
    },
  },
  {
    method: 'GET',
    pattern: '/v1/payment_methods/:id',
    handler: (call) => strip(getMethod(call.app, id(call))),
  },
  { method: 'POST', pattern: '/v1/payment_methods/:id', handler: update },
  { method: 'POST', pattern: '/v1/payment_methods/:id/attach', handler: attachTo },
  { method: 'POST', pattern: '/v1/payment_methods/:id/detach', handler: detachFrom },
  {
    method: 'GET',
    pattern: '/v1/customers/:id/payment_methods',
    handler: (call) => {
      const given = parse(z.strictObject(listParams), call.params);
      const customer = getCustomer(call.app, id(call));
      const found = call.app.store.by('payment_methods', 'customer', customer.id);
      return page(found, given, `/v1/customers/${customer.id}/payment_methods`, strip);
    },
  },
  {
    method: 'GET',
    pattern: '/v1/customers/:id/payment_methods/:pm',
    handler: (call) => strip(resolvePaymentMethod(call.app, id(call, 1), id(call))),
  },
];
