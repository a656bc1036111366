/**
 * Payment intents: shape. Endive: no `payment_method_types` on create (stripe.md 33); intents name no invoice
 * (stripe.md 24). https://docs.stripe.com/api/payment_intents
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Metadata, PaymentIntent, Wire } from '../types';
import { CONFIGURATION } from './methods';

interface IntentGiven {
  amount: number;
  currency: string;
  customer: string | null;
  description?: string | null;
  metadata?: Metadata;
  invoice?: string | null;
  session?: string | null;
  setup_future_usage?: string | null;
}

export function makeIntent(app: App, given: IntentGiven): PaymentIntent {
  const made = app.ids.make('pi');
  const intent: PaymentIntent = {
    ...({
      id: made,
      object: 'payment_intent',
      allowed_payment_method_types: null,
      amount: given.amount,
      amount_capturable: 0,
      amount_details: { tip: {} },
      amount_received: 0,
      application: null,
      application_fee_amount: null,
      automatic_payment_methods: given.invoice ? null : { allow_redirects: 'always', enabled: true },
      canceled_at: null,
      cancellation_reason: null,
      capture_method: given.invoice ? 'automatic' : 'automatic_async',
      client_secret: app.ids.secret(made),
      confirmation_method: 'automatic',
      created: app.wallTime(given.customer),
      currency: given.currency,
      customer: given.customer,
      customer_account: null,
      description: given.description ?? null,
      excluded_payment_method_types: null,
      last_payment_error: null,
      latest_charge: null,
      livemode: false,
      managed_payments: null,
      metadata: given.metadata ?? {},
      next_action: null,
      on_behalf_of: null,
      ...(given.invoice
        ? { payment_details: { customer_reference: null, order_reference: given.invoice } }
        : {}),
      payment_method: null,
      payment_method_configuration_details: given.invoice ? null : CONFIGURATION,
      payment_method_options: {
        card: {
          installments: null,
          mandate_options: null,
          network: null,
          request_three_d_secure: 'automatic',
        },
      },
      payment_method_types: ['card'],
      payment_record: null,
      processing: null,
      receipt_email: null,
      review: null,
      setup_future_usage: given.setup_future_usage ?? null,
      shipping: null,
      source: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status: 'requires_payment_method',
      transfer_data: null,
      transfer_group: null,
    } satisfies Wire<Stripe.PaymentIntent>),
    _: {
      invoice: given.invoice ?? null,
      session: given.session ?? null,
      return_url: null,
      off_session: false,
      settle_at: null,
    },
  };
  app.store.put('payment_intents', intent);
  app.emit('payment_intent.created', app.view('payment_intents', intent));
  return intent;
}

export function cancelIntent(
  app: App,
  intent: PaymentIntent,
  reason: PaymentIntent['cancellation_reason'],
): void {
  if (intent.status === 'succeeded' || intent.status === 'canceled') return;
  intent.status = 'canceled';
  intent.canceled_at = app.now;
  intent.cancellation_reason = reason;
  intent.next_action = null;
  app.store.put('payment_intents', intent);
  app.emit('payment_intent.canceled', app.view('payment_intents', intent));
}
