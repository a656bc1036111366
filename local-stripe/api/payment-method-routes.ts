/** The API of payment methods. https://docs.stripe.com/api/payment_methods */
import { z } from 'zod';
import type { App } from '../app';
import { numberOfToken } from '../cards';
import { invalid, lacking, missing, StripeError } from '../errors';
import {
  address,
  clearable,
  expand,
  filled,
  ignored,
  int,
  mergeMetadata,
  metadata,
  parse,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { fullAddress } from '../records/customers';
import { makeDebit } from '../records/debits';
import { attach, detach, isToken, makeCard, resolvePaymentMethod } from '../records/payment-methods';
import { strip } from '../records/strip';
import type { Metadata, PaymentMethod } from '../types';
import { act, list, nested, noParams, retrieve } from './crud';

const billing = z.strictObject({
  address: clearable(address).optional(),
  email: clearable(text).optional(),
  name: text.optional(),
  phone: text.optional(),
  tax_id: text.optional(),
});
const createParams = z.strictObject({
  type: z.enum(['card', 'sepa_debit']),
  sepa_debit: z.strictObject({ iban: filled }).optional(),
  card: z
    .strictObject({
      number: text.optional(),
      exp_month: int.optional(),
      exp_year: int.optional(),
      cvc: text.optional(),
      token: text.optional(),
      networks: ignored,
    })
    .optional(),
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

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const { billing_details: details, card } = given;
  const whose = {
    name: details?.name,
    email: details?.email,
    address: details?.address ? fullAddress(details.address) : null,
  };
  const number = card?.number ?? numberOfToken(card?.token ?? '');
  if (given.type === 'sepa_debit') {
    if (!given.sepa_debit) throw lacking('sepa_debit');
    // A mandate has a name and an address to write to. https://docs.stripe.com/payments/sepa-debit
    for (const part of ['name', 'email'] as const)
      if (!details?.[part]) throw lacking(`billing_details[${part}]`);
  } else if (!number) throw lacking('card[number]');
  const method = number
    ? makeCard(app, { number, exp_month: card?.exp_month, exp_year: card?.exp_year, ...whose })
    : makeDebit(app, { iban: given.sepa_debit?.iban, ...whose });
  method.metadata = (given.metadata ?? {}) as Metadata;
  app.store.put('payment_methods', method);
  return strip(method);
}

function update(method: PaymentMethod, given: z.output<typeof updateParams>, app: App): void {
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
}

/** 404, though it names a parameter (stripe.md G4). */
function unknownMethod(given: string): StripeError {
  const { body } = missing('PaymentMethod', given, 'payment_method');
  return new StripeError(404, body, false);
}

function attachTo(call: Call): object {
  const { app } = call;
  const given = parse(z.strictObject({ customer: filled, expand }), call.params);
  const customer = app.need('customers', given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    if (!isToken(id(call)) && !app.store.get('payment_methods', id(call))) throw unknownMethod(id(call));
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

const listParams = { type: text.optional(), allow_redisplay: ignored };

export const paymentMethodRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/payment_methods', handler: create },
  list('/v1/payment_methods', 'payment_methods', {
    params: { ...listParams, customer: filled, customer_account: ignored },
    by: ['customer'],
    same: ['type'],
    where: (_method, given) => given.customer !== undefined, // a customer's cards, never everybody's
  }),
  retrieve('/v1/payment_methods/:id', 'payment_methods'),
  act('/v1/payment_methods/:id', 'payment_methods', updateParams, update),
  { method: 'POST', pattern: '/v1/payment_methods/:id/attach', handler: attachTo },
  act('/v1/payment_methods/:id/detach', 'payment_methods', noParams, (method, _given, app) => {
    if (!method.customer)
      throw invalid(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
      );
    detach(app, method);
  }),
  nested(
    '/v1/customers/:id/payment_methods',
    (call) => call.app.store.by('payment_methods', 'customer', call.app.need('customers', id(call)).id),
    { params: listParams },
  ),
];
