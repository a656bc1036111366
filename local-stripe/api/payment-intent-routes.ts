/** The API of payment intents. https://docs.stripe.com/api/payment_intents */
import { z } from 'zod';
import type { App } from '../app';
import { intentSettled } from '../engine/intents';
import { cardError, invalid } from '../errors';
import {
  amount,
  bool,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  parse,
  range,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { currencyGiven, leastCharge, refuseAmount } from '../records/currencies';
import { cancelIntent, makeIntent } from '../records/payment-intents';
import { attach, resolvePaymentMethod } from '../records/payment-methods';
import { confirm, refuses } from '../records/payments';
import { strip } from '../records/strip';
import type { Metadata, PaymentIntent } from '../types';
import { act, list, retrieve, update } from './crud';

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
  const currency = currencyGiven(given.currency);
  refuseAmount(given.amount, currency, 'amount');
  // Not `amount_too_small`, which is what Checkout says (stripe.md G4, F11).
  if (given.amount < leastCharge(currency)) {
    throw invalid(
      `The least that can be charged is ${leastCharge(currency)} in ${currency}.`,
      'amount',
      'parameter_invalid_integer',
    );
  }
  if (given.customer) app.need('customers', given.customer, 'customer');
  const intent = makeIntent(app, {
    amount: given.amount,
    currency,
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

export const paymentIntentRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/payment_intents', handler: createIntent },
  list('/v1/payment_intents', 'payment_intents', {
    params: { customer: filled, created: range, customer_account: ignored },
    by: ['customer'],
  }),
  retrieve('/v1/payment_intents/:id', 'payment_intents'),
  update(
    '/v1/payment_intents/:id',
    'payment_intents',
    null,
    z.strictObject(intentFields),
    (rec, given, app) => {
      if (given.payment_method) rec.payment_method = resolvePaymentMethod(app, given.payment_method, null).id;
      if (given.amount !== undefined) rec.amount = given.amount;
      if (given.description !== undefined) rec.description = given.description || null;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
      if (given.receipt_email !== undefined) rec.receipt_email = given.receipt_email || null;
    },
  ),
  act('/v1/payment_intents/:id/confirm', 'payment_intents', confirmParams, (intent, given, app) => {
    confirmIntent(app, intent, given);
  }),
  act(
    '/v1/payment_intents/:id/cancel',
    'payment_intents',
    z.strictObject({
      cancellation_reason: z
        .enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'])
        .optional(),
      expand,
    }),
    (intent, given, app) => {
      const why = intent._.invoice
        ? 'it belongs to an invoice'
        : intent.status === 'succeeded' && 'it has a status of succeeded';
      if (why)
        throw invalid(
          `You cannot cancel this PaymentIntent because ${why}.`,
          undefined,
          'payment_intent_unexpected_state',
        );
      cancelIntent(app, intent, given.cancellation_reason ?? null);
    },
  ),
];
