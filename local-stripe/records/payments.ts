/** What a card does to a payment intent. https://docs.stripe.com/payments/paymentintents/lifecycle */
import type { App } from '../app';
import { cardBehavior, type Decline } from '../cards';
import { DAY } from '../clock';
import type { PaymentIntent, PaymentMethod } from '../types';
import { makeCharge } from './charges';
import { strip } from './strip';

export type Outcome =
  | { kind: 'succeeded' }
  | { kind: 'requires_action' }
  | { kind: 'processing' }
  | { kind: 'failed'; decline: Decline };

export interface How {
  offSession: boolean;
  /** The customer has just passed (or failed) the authentication page. */
  authentication?: 'passed' | 'failed';
  returnUrl?: string | null;
}

/** What the card would do, without doing it. */
export function foresee(method: PaymentMethod, how: How): Outcome {
  if (how.authentication === 'failed') return { kind: 'failed', decline: AUTHENTICATION_FAILED };
  if (method.type === 'sepa_debit') return { kind: 'processing' };
  const behavior = cardBehavior(method._.number);
  if (behavior.kind === 'declines') return { kind: 'failed', decline: behavior.decline };
  if (behavior.kind === 'pays' || how.authentication === 'passed') return { kind: 'succeeded' };
  // …3155 asks once: when it was authenticated at set-up, later off-session payments pass.
  if (behavior.once && method._.authenticated) return { kind: 'succeeded' };
  return { kind: 'requires_action' };
}

export const AUTHENTICATION_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  message:
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

export function refuses(method: PaymentMethod): Decline | null {
  const behavior = cardBehavior(method._.number);
  return behavior.kind === 'declines' && !behavior.attach ? behavior.decline : null;
}

/** Confirms an intent with a card. Whatever hangs on the intent (invoice, session) hears of it afterwards. */
export function confirm(app: App, intent: PaymentIntent, method: PaymentMethod, how: How): Outcome {
  const outcome = foresee(method, how);
  if (how.authentication === 'passed') {
    method._.authenticated = true;
    app.store.put('payment_methods', method);
  }
  intent._.off_session = how.offSession;
  if (how.returnUrl !== undefined) intent._.return_url = how.returnUrl;
  switch (outcome.kind) {
    case 'succeeded':
      succeed(app, intent, method);
      break;
    case 'processing':
      intent._.settle_at = app.now + app.settings.debit_days * DAY;
      intent.status = 'processing';
      intent.payment_method = method.id;
      app.store.put('payment_intents', intent);
      app.emit('payment_intent.processing', app.view('payment_intents', intent));
      break;
    case 'requires_action':
      intent.status = 'requires_action';
      intent.payment_method = method.id;
      intent.last_payment_error = null;
      // An invoice's is left to Stripe.js (stripe.md G7); here its page is where any other's would be.
      intent.next_action = intent._.invoice
        ? { type: 'use_stripe_sdk', use_stripe_sdk: { stripe_js: `${app.url}/authenticate/${intent.id}` } }
        : {
            redirect_to_url: { return_url: intent._.return_url, url: `${app.url}/authenticate/${intent.id}` },
            type: 'redirect_to_url',
          };
      app.store.put('payment_intents', intent);
      app.emit('payment_intent.requires_action', app.view('payment_intents', intent));
      break;
    case 'failed':
      fail(app, intent, method, outcome.decline);
  }
  return outcome;
}

/** A charge, and the money; charge.succeeded before payment_intent.succeeded. */
export function succeed(app: App, intent: PaymentIntent, method: PaymentMethod): void {
  const charge = makeCharge(app, intent, method, null);
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.latest_charge = charge.id;
  intent.payment_method = method.id;
  intent.last_payment_error = null;
  intent.next_action = null;
  app.store.put('payment_intents', intent);
  app.emit('charge.succeeded', app.view('charges', charge));
  app.emit('payment_intent.succeeded', app.view('payment_intents', intent));
}

/** A failed charge; the intent waits for another method. */
export function fail(app: App, intent: PaymentIntent, method: PaymentMethod, decline: Decline): void {
  const charge = makeCharge(app, intent, method, decline);
  intent.status = 'requires_payment_method';
  intent.latest_charge = charge.id;
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_payment_error = {
    charge: charge.id,
    code: decline.code,
    ...(decline.advice_code ? { advice_code: decline.advice_code } : {}),
    ...(decline.decline_code ? { decline_code: decline.decline_code } : {}),
    ...(decline.network_decline_code ? { network_decline_code: decline.network_decline_code } : {}),
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
    message: decline.message,
    payment_method: strip(method) as never,
    payment_method_type: method.type,
    type: decline === AUTHENTICATION_FAILED ? 'invalid_request_error' : 'card_error',
  } satisfies NonNullable<PaymentIntent['last_payment_error']>;
  app.store.put('payment_intents', intent);
  app.emit('charge.failed', app.view('charges', charge));
  app.emit('payment_intent.payment_failed', app.view('payment_intents', intent));
}
