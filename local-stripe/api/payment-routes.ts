/** The API of payment intents, charges and refunds. https://docs.stripe.com/api/payment_intents */
import { z } from 'zod';
import type { App } from '../app';
import { intentSettled } from '../engine/intents';
import { cardError, invalid, missing } from '../errors';
import { page } from '../http/list';
import {
  amount,
  bool,
  expand,
  filled,
  ignored,
  inRange,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { refundCharge } from '../records/charges';
import { getCustomer } from '../records/customers';
import { attach, resolvePaymentMethod } from '../records/payment-methods';
import { cancelIntent, confirm, makeIntent, refuses } from '../records/payments';
import { strip } from '../records/strip';
import type { Metadata, PaymentIntent } from '../types';

const intentFields = {
  amount: amount.optional(),
  currency: filled.optional(),
  customer: filled.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: filled.optional(),
  receipt_email: text.optional(),
  setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
  allowed_payment_method_types: z.array(text).optional(),
  automatic_payment_methods: ignored,
  payment_method_options: ignored,
  statement_descriptor: ignored,
  expand,
};
const intentCreate = z.strictObject({
  ...intentFields,
  amount,
  currency: filled,
  confirm: bool.optional(),
  off_session: bool.optional(),
  return_url: text.optional(),
  error_on_requires_action: bool.optional(),
});
const confirmParams = z.strictObject({
  payment_method: filled.optional(),
  off_session: bool.optional(),
  return_url: text.optional(),
  error_on_requires_action: bool.optional(),
  expand,
});

function getIntent(call: Call): PaymentIntent {
  const intent = call.app.store.get('payment_intents', id(call));
  if (!intent) throw missing('payment_intent', id(call));
  return intent;
}

function confirmIntent(
  app: App,
  intent: PaymentIntent,
  given: z.output<typeof confirmParams>,
): PaymentIntent {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw invalid(
      `This PaymentIntent's status is ${intent.status}; it cannot be confirmed.`,
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  const wanted = given.payment_method ?? intent.payment_method;
  if (!wanted)
    throw invalid(
      'You cannot confirm this PaymentIntent because it is missing a payment method.',
      'payment_method',
      'payment_intent_unexpected_state',
    );
  const method = resolvePaymentMethod(app, wanted, null);
  const customer = app.store.get('customers', intent.customer);
  const saves = intent.setup_future_usage || intent._.invoice;
  if (customer && saves && !refuses(method)) attach(app, method, customer);
  const outcome = confirm(app, intent, method, {
    offSession: given.off_session ?? false,
    returnUrl: given.return_url ?? null,
  });
  intentSettled(app, intent, outcome);
  if (outcome.kind === 'failed') throw cardError(outcome.decline, { payment_intent: strip(intent) });
  return intent;
}

function createIntent({ app, params }: Call): object {
  const given = parse(intentCreate, params);
  if (given.amount < 1) throw invalid('Amount must be at least 1.', 'amount', 'amount_too_small');
  if (given.customer) getCustomer(app, given.customer, 'customer');
  const intent = makeIntent(app, {
    amount: given.amount,
    currency: given.currency.toLowerCase(),
    customer: given.customer ?? null,
    description: given.description || null,
    metadata: (given.metadata ?? {}) as Metadata,
    setup_future_usage: given.setup_future_usage ?? null,
  });
  intent.receipt_email = given.receipt_email || null;
  if (given.payment_method) {
    intent.payment_method = resolvePaymentMethod(app, given.payment_method, null).id;
    intent.status = 'requires_confirmation';
  }
  app.store.put('payment_intents', intent);
  if (given.confirm) {
    confirmIntent(app, intent, { off_session: given.off_session, return_url: given.return_url });
  }
  return strip(intent);
}

function updateIntent(call: Call): object {
  const { app } = call;
  const intent = getIntent(call);
  const given = parse(z.strictObject(intentFields), call.params);
  if (given.amount !== undefined) intent.amount = given.amount;
  if (given.description !== undefined) intent.description = given.description || null;
  if (given.metadata !== undefined) intent.metadata = mergeMetadata(intent.metadata, given.metadata);
  if (given.receipt_email !== undefined) intent.receipt_email = given.receipt_email || null;
  if (given.payment_method) intent.payment_method = resolvePaymentMethod(app, given.payment_method, null).id;
  app.store.put('payment_intents', intent);
  return strip(intent);
}

const refundCreate = z.strictObject({
  charge: filled.optional(),
  payment_intent: filled.optional(),
  amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.optional(),
  instructions_email: ignored,
  expand,
});

function createRefund({ app, params }: Call): object {
  const given = parse(refundCreate, params);
  const chargeId = given.charge ?? app.store.get('payment_intents', given.payment_intent)?.latest_charge;
  const charge = app.store.get('charges', chargeId);
  if (!charge)
    throw missing(
      given.charge ? 'charge' : 'payment_intent',
      given.charge ?? given.payment_intent ?? '',
      given.charge ? 'charge' : 'payment_intent',
    );
  const customer = app.store.get('customers', charge.customer);
  return app.on(customer?.test_clock, () =>
    refundCharge(
      app,
      charge,
      given.amount ?? charge.amount - charge.amount_refunded,
      given.reason ?? null,
      (given.metadata ?? {}) as Metadata,
    ),
  );
}

export const paymentRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/payment_intents', handler: createIntent },
  {
    method: 'GET',
    pattern: '/v1/payment_intents',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({
          ...paging,
          customer: filled.optional(),
          created: range.optional(),
          customer_account: ignored,
        }),
        params,
      );
      const pool = given.customer
        ? app.store.by('payment_intents', 'customer', given.customer)
        : [...app.store.all('payment_intents')];
      return page(
        pool.filter((one) => inRange(one.created, given.created)),
        given,
        '/v1/payment_intents',
        strip,
      );
    },
  },
  { method: 'GET', pattern: '/v1/payment_intents/:id', handler: (call) => strip(getIntent(call)) },
  { method: 'POST', pattern: '/v1/payment_intents/:id', handler: updateIntent },
  {
    method: 'POST',
    pattern: '/v1/payment_intents/:id/confirm',
    handler: (call) => strip(confirmIntent(call.app, getIntent(call), parse(confirmParams, call.params))),
  },
  {
    method: 'POST',
    pattern: '/v1/payment_intents/:id/cancel',
    handler: (call) => {
      const intent = getIntent(call);
      if (intent._.invoice)
        throw invalid(
          'You cannot cancel this PaymentIntent because it belongs to an invoice.',
          undefined,
          'payment_intent_unexpected_state',
        );
      const given = parse(
        z.strictObject({
          cancellation_reason: z
            .enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'])
            .optional(),
          expand,
        }),
        call.params,
      );
      if (intent.status === 'succeeded')
        throw invalid(
          'You cannot cancel this PaymentIntent because it has a status of succeeded.',
          undefined,
          'payment_intent_unexpected_state',
        );
      cancelIntent(call.app, intent, given.cancellation_reason ?? null);
      return strip(intent);
    },
  },
  {
    method: 'GET',
    pattern: '/v1/charges',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({
          ...paging,
          customer: filled.optional(),
          payment_intent: filled.optional(),
          created: range.optional(),
          transfer_group: ignored,
        }),
        params,
      );
      const pool = given.payment_intent
        ? app.store.by('charges', 'payment_intent', given.payment_intent)
        : given.customer
          ? app.store.by('charges', 'customer', given.customer)
          : [...app.store.all('charges')];
      return page(
        pool.filter((one) => inRange(one.created, given.created)),
        given,
        '/v1/charges',
        strip,
      );
    },
  },
  {
    method: 'GET',
    pattern: '/v1/charges/:id',
    handler: (call) => {
      const charge = call.app.store.get('charges', id(call));
      if (!charge) throw missing('charge', id(call));
      return strip(charge);
    },
  },
  { method: 'POST', pattern: '/v1/refunds', handler: createRefund },
  {
    method: 'GET',
    pattern: '/v1/refunds',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({
          ...paging,
          charge: filled.optional(),
          payment_intent: filled.optional(),
          created: range.optional(),
        }),
        params,
      );
      const pool = given.charge
        ? app.store.by('refunds', 'charge', given.charge)
        : given.payment_intent
          ? app.store.by('refunds', 'payment_intent', given.payment_intent)
          : [...app.store.all('refunds')];
      return page(
        pool.filter((one) => inRange(one.created, given.created)),
        given,
        '/v1/refunds',
        strip,
      );
    },
  },
  {
    method: 'GET',
    pattern: '/v1/refunds/:id',
    handler: (call) => {
      const refund = call.app.store.get('refunds', id(call));
      if (!refund) throw missing('refund', id(call));
      return strip(refund);
    },
  },
];
