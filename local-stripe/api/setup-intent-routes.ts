/** The API of setup intents. https://docs.stripe.com/api/setup_intents */
import { z } from 'zod';
import type { App } from '../app';
import { cardError, invalid } from '../errors';
import { bool, expand, filled, ignored, metadata, parse, text } from '../http/params';
import type { Call, Route } from '../http/router';
import { resolvePaymentMethod } from '../records/payment-methods';
import { confirmSetup, makeSetupIntent } from '../records/setup-intents';
import { strip } from '../records/strip';
import type { Metadata, SetupIntent } from '../types';
import { act, list, retrieve, update } from './crud';

const fields = {
  customer: filled.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: filled.optional(),
  usage: z.enum(['off_session', 'on_session']).optional(),
  allowed_payment_method_types: ignored,
  automatic_payment_methods: ignored,
  payment_method_options: ignored,
  expand,
};

function confirm(app: App, intent: SetupIntent, given: string | undefined): SetupIntent {
  const wanted = given ?? intent.payment_method;
  if (!wanted)
    throw invalid(
      'You cannot confirm this SetupIntent because it is missing a payment method.',
      'payment_method',
      'setup_intent_unexpected_state',
    );
  const outcome = confirmSetup(app, intent, resolvePaymentMethod(app, wanted, null));
  if (typeof outcome !== 'string') throw cardError(outcome);
  return intent;
}

function create({ app, params }: Call): object {
  const given = parse(z.strictObject({ ...fields, confirm: bool.optional(), return_url: ignored }), params);
  if (given.customer) app.need('customers', given.customer, 'customer');
  const intent = makeSetupIntent(app, given.customer ?? null, (given.metadata ?? {}) as Metadata);
  intent.description = given.description || null;
  intent.usage = given.usage ?? 'off_session';
  if (given.payment_method) {
    intent.payment_method = resolvePaymentMethod(app, given.payment_method, null).id;
    intent.status = 'requires_confirmation';
  }
  app.store.put('setup_intents', intent);
  return strip(given.confirm ? confirm(app, intent, undefined) : intent);
}

export const setupIntentRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/setup_intents', handler: create },
  list('/v1/setup_intents', 'setup_intents', {
    params: { customer: filled, payment_method: filled },
    same: ['customer'],
  }),
  retrieve('/v1/setup_intents/:id', 'setup_intents'),
  act(
    '/v1/setup_intents/:id/confirm',
    'setup_intents',
    z.strictObject({ payment_method: filled.optional(), return_url: ignored, expand }),
    (intent, given, app) => {
      confirm(app, intent, given.payment_method);
    },
  ),
  update(
    '/v1/setup_intents/:id/cancel',
    'setup_intents',
    'setup_intent.canceled',
    z.strictObject({ cancellation_reason: ignored, expand }),
    (rec) => {
      if (rec.status === 'succeeded')
        throw invalid(
          'You cannot cancel this SetupIntent because it has succeeded.',
          undefined,
          'setup_intent_unexpected_state',
        );
      rec.status = 'canceled';
      rec.cancellation_reason = 'requested_by_customer';
    },
  ),
];
