/** Setup intents: saving a card without charging it. https://docs.stripe.com/api/setup_intents */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { cardBehavior, type Decline } from '../cards';
import { cardError, invalid, missing } from '../errors';
import { page } from '../http/list';
import { bool, expand, filled, ignored, metadata, paging, parse, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import type { Metadata, PaymentMethod, SetupIntent, Wire } from '../types';
import { strip } from './lookup';
import { attach, resolvePaymentMethod } from './payment-methods';
import { refuses } from './payments';

export function makeSetupIntent(app: App, customer: string | null, given: Metadata = {}): SetupIntent {
  const made = app.ids.make('seti');
  const intent: SetupIntent = {
    id: made,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    cancellation_reason: null,
    client_secret: app.ids.secret(made),
    created: app.now,
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: given,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  } satisfies Wire<Stripe.SetupIntent>;
  app.store.put('setup_intents', intent);
  app.emit('setup_intent.created', intent);
  return intent;
}

export type SetupOutcome = 'succeeded' | 'requires_action' | Decline;

export function confirmSetup(
  app: App,
  intent: SetupIntent,
  method: PaymentMethod,
  authentication?: 'passed' | 'failed',
): SetupOutcome {
  const decline = authentication === 'failed' ? SETUP_FAILED : refuses(method);
  if (decline) {
    intent.status = 'requires_payment_method';
    intent.last_setup_error = {
      code: decline.code,
      decline_code: decline.decline_code,
      message: decline.message,
      type: 'card_error',
    };
    app.store.put('setup_intents', intent);
    app.emit('setup_intent.setup_failed', intent);
    return decline;
  }
  const behavior = cardBehavior(method._.number);
  if (behavior.kind === 'authenticates' && authentication !== 'passed') {
    intent.status = 'requires_action';
    intent.payment_method = method.id;
    intent.next_action = {
      redirect_to_url: { return_url: null, url: `${app.url}/authenticate/${intent.id}` },
      type: 'redirect_to_url',
    };
    app.store.put('setup_intents', intent);
    app.emit('setup_intent.requires_action', intent);
    return 'requires_action';
  }
  if (authentication === 'passed') {
    method._.authenticated = true;
    app.store.put('payment_methods', method);
  }
  const customer = app.store.get('customers', intent.customer);
  if (customer) attach(app, method, customer);
  intent.status = 'succeeded';
  intent.payment_method = method.id;
  intent.next_action = null;
  intent.last_setup_error = null;
  app.store.put('setup_intents', intent);
  app.emit('setup_intent.succeeded', intent);
  return 'succeeded';
}

export const SETUP_FAILED: Decline = {
  code: 'setup_intent_authentication_failure',
  message:
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

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

function get(call: Call): SetupIntent {
  const intent = call.app.store.get('setup_intents', id(call));
  if (!intent) throw missing('setupintent', id(call));
  return intent;
}

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
  if (given.customer && !app.store.get('customers', given.customer))
    throw missing('customer', given.customer, 'customer');
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
  {
    method: 'GET',
    pattern: '/v1/setup_intents',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({ ...paging, customer: filled.optional(), payment_method: filled.optional() }),
        params,
      );
      const found = [...app.store.all('setup_intents')].filter(
        (one) => !given.customer || one.customer === given.customer,
      );
      return page(found, given, '/v1/setup_intents', strip);
    },
  },
  { method: 'GET', pattern: '/v1/setup_intents/:id', handler: (call) => strip(get(call)) },
  {
    method: 'POST',
    pattern: '/v1/setup_intents/:id/confirm',
    handler: (call) => {
      const given = parse(
        z.strictObject({ payment_method: filled.optional(), return_url: ignored, expand }),
        call.params,
      );
      return strip(confirm(call.app, get(call), given.payment_method));
    },
  },
  {
    method: 'POST',
    pattern: '/v1/setup_intents/:id/cancel',
    handler: (call) => {
      const intent = get(call);
      if (intent.status === 'succeeded')
        throw invalid(
          'You cannot cancel this SetupIntent because it has succeeded.',
          undefined,
          'setup_intent_unexpected_state',
        );
      call.app.change('setup_intents', intent, 'setup_intent.canceled', (rec) => {
        rec.status = 'canceled';
        rec.cancellation_reason = 'requested_by_customer';
      });
      return strip(intent);
    },
  },
];
