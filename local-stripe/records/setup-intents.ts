/** Setup intents: saving a card without charging it. https://docs.stripe.com/api/setup_intents */
import type Stripe from 'stripe';
import type { App } from '../app';
import { cardBehavior, type Decline } from '../cards';
import type { Metadata, PaymentMethod, SetupIntent, Wire } from '../types';
import { CONFIGURATION } from './methods';
import { attach } from './payment-methods';
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
    payment_method_configuration_details: CONFIGURATION,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  } satisfies Wire<Stripe.SetupIntent>;
  app.store.put('setup_intents', intent);
  app.emit('setup_intent.created', intent);
  return intent;
}

type SetupOutcome = 'succeeded' | 'requires_action' | Decline;

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

const SETUP_FAILED: Decline = {
  code: 'setup_intent_authentication_failure',
  message:
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};
