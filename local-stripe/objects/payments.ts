/**
 * Payment intents, charges and refunds. Endive: no `payment_method_types` on create (stripe.md 33); charges and
 * intents name no invoice (stripe.md 24). https://docs.stripe.com/payments/paymentintents/lifecycle
 */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { cardBehavior, type Decline } from '../cards';
import { DAY } from '../clock';
import { intentSettled } from '../engine/settle';
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
import type {
  BalanceTransaction,
  Charge,
  Metadata,
  PaymentIntent,
  PaymentMethod,
  Refund,
  Wire,
} from '../types';
import { getCustomer } from './customers';
import { strip } from './lookup';
import { attach, resolvePaymentMethod } from './payment-methods';

export type Outcome =
  | { kind: 'succeeded' }
  | { kind: 'requires_action' }
  | { kind: 'processing' }
  | { kind: 'failed'; decline: Decline };

export interface IntentGiven {
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
      automatic_payment_methods: { allow_redirects: 'always', enabled: true },
      canceled_at: null,
      cancellation_reason: null,
      capture_method: 'automatic_async',
      client_secret: app.ids.secret(made),
      confirmation_method: 'automatic',
      created: app.now,
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
      payment_method: null,
      payment_method_configuration_details: null,
      payment_method_options: null,
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
    },
  };
  app.store.put('payment_intents', intent);
  app.emit('payment_intent.created', app.view('payment_intents', intent));
  return intent;
}

export interface How {
  offSession: boolean;
  /** The customer has just passed (or failed) the authentication page. */
  authentication?: 'passed' | 'failed';
  /** A delayed method: money comes (or not) later. */
  delayed?: boolean;
  returnUrl?: string | null;
}

/** What the card would do, without doing it. */
export function foresee(method: PaymentMethod, how: How): Outcome {
  if (how.authentication === 'failed') return { kind: 'failed', decline: AUTHENTICATION_FAILED };
  if (how.delayed) return { kind: 'processing' };
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
      intent.status = 'processing';
      intent.payment_method = method.id;
      app.store.put('payment_intents', intent);
      app.emit('payment_intent.processing', app.view('payment_intents', intent));
      break;
    case 'requires_action':
      intent.status = 'requires_action';
      intent.payment_method = method.id;
      intent.last_payment_error = null;
      intent.next_action = {
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

function succeed(app: App, intent: PaymentIntent, method: PaymentMethod): void {
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

function fail(app: App, intent: PaymentIntent, method: PaymentMethod, decline: Decline): void {
  const charge = makeCharge(app, intent, method, decline);
  intent.status = 'requires_payment_method';
  intent.latest_charge = charge.id;
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_payment_error = {
    charge: charge.id,
    code: decline.code,
    ...(decline.decline_code ? { decline_code: decline.decline_code } : {}),
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
    message: decline.message,
    payment_method: strip(method) as never,
    payment_method_type: 'card',
    type: decline === AUTHENTICATION_FAILED ? 'invalid_request_error' : 'card_error',
  } satisfies NonNullable<PaymentIntent['last_payment_error']>;
  app.store.put('payment_intents', intent);
  app.emit('charge.failed', app.view('charges', charge));
  app.emit('payment_intent.payment_failed', app.view('payment_intents', intent));
}

/** The end of a delayed method (stripe.md 31). */
export function settleDelayed(app: App, intent: PaymentIntent, ok: boolean): void {
  const method = app.store.get('payment_methods', intent.payment_method);
  if (intent.status !== 'processing' || !method) return;
  if (ok) succeed(app, intent, method);
  else
    fail(app, intent, method, {
      code: 'payment_intent_payment_attempt_failed',
      message: 'The payment failed.',
    });
  intentSettled(
    app,
    intent,
    ok
      ? { kind: 'succeeded' }
      : {
          kind: 'failed',
          decline: { code: 'payment_intent_payment_attempt_failed', message: 'The payment failed.' },
        },
  );
}

/** The authentication page's answer. */
export function authenticate(app: App, intent: PaymentIntent, passed: boolean): Outcome {
  const method = app.store.get('payment_methods', intent.payment_method);
  if (intent.status !== 'requires_action' || !method)
    throw invalid('This payment is not waiting for authentication.');
  const behavior = cardBehavior(method._.number);
  const ok = passed && !(behavior.kind === 'authenticates' && behavior.fails);
  const outcome = confirm(app, intent, method, {
    offSession: false,
    authentication: ok ? 'passed' : 'failed',
  });
  intentSettled(app, intent, outcome);
  return outcome;
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

function makeCharge(app: App, intent: PaymentIntent, method: PaymentMethod, decline: Decline | null): Charge {
  const made = app.ids.make('ch');
  const card = method.card;
  const charge: Charge = {
    ...({
      id: made,
      object: 'charge',
      amount: intent.amount,
      amount_captured: decline ? 0 : intent.amount,
      amount_refunded: 0,
      application: null,
      application_fee: null,
      application_fee_amount: null,
      balance_transaction: decline
        ? null
        : makeBalanceTransaction(app, intent.amount, intent.currency, made, 'charge').id,
      billing_details: method.billing_details,
      calculated_statement_descriptor: 'TIERLINE',
      captured: decline === null,
      created: app.now,
      currency: intent.currency,
      customer: intent.customer,
      description: intent.description,
      disputed: false,
      failure_balance_transaction: null,
      failure_code: decline?.code ?? null,
      failure_message: decline?.message ?? null,
      fraud_details: {},
      livemode: false,
      metadata: intent.metadata,
      on_behalf_of: null,
      outcome: {
        advice_code: null,
        network_advice_code: null,
        network_decline_code: null,
        network_status: decline ? 'declined_by_network' : 'approved_by_network',
        reason: decline?.decline_code ?? null,
        risk_level: 'normal',
        seller_message: decline
          ? 'The bank did not return any further details with this decline.'
          : 'Payment complete.',
        type: decline ? 'issuer_declined' : 'authorized',
      },
      paid: decline === null,
      payment_intent: intent.id,
      payment_method: method.id,
      payment_method_details: {
        card: {
          amount_authorized: decline ? null : intent.amount,
          authorization_code: null,
          brand: card?.brand ?? null,
          checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: null },
          country: card?.country ?? null,
          electronic_commerce_indicator: null,
          exp_month: card?.exp_month ?? 12,
          exp_year: card?.exp_year ?? 2030,
          fingerprint: card?.fingerprint ?? null,
          funding: card?.funding ?? null,
          installments: null,
          last4: card?.last4 ?? null,
          mandate: null,
          network: card?.brand ?? null,
          network_transaction_id: null,
          regulated_status: 'unregulated',
          three_d_secure: null,
          transaction_link_id: null,
          wallet: null,
        },
        type: 'card',
      },
      receipt_email: intent.receipt_email,
      receipt_number: null,
      receipt_url: decline ? null : `${app.url}/receipt/${made}`,
      refunded: false,
      review: null,
      shipping: null,
      source: null,
      source_transfer: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status: decline ? 'failed' : 'succeeded',
      transfer_data: null,
      transfer_group: null,
    } satisfies Omit<Wire<Stripe.Charge>, 'refunds'>),
    _: { invoice: intent._.invoice },
  };
  return app.store.put('charges', charge);
}

export function makeBalanceTransaction(
  app: App,
  value: number,
  currency: string,
  source: string,
  type: Stripe.BalanceTransaction['type'],
): BalanceTransaction {
  const fee = type === 'charge' ? Math.round(value * 0.015) + 25 : 0;
  return app.store.put('balance_transactions', {
    id: app.ids.make('txn'),
    object: 'balance_transaction',
    amount: value,
    available_on: app.now + 2 * DAY,
    balance_type: 'payments',
    created: app.now,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee
      ? [
          {
            amount: fee,
            application: null,
            currency,
            description: 'Stripe processing fees',
            type: 'stripe_fee',
          },
        ]
      : [],
    net: value - fee,
    reporting_category: type,
    source,
    status: 'pending',
    type,
  } satisfies Wire<Stripe.BalanceTransaction>);
}

/** `charge.refunded` carries the charge with its new amounts. https://docs.stripe.com/refunds */
export function refundCharge(
  app: App,
  charge: Charge,
  value: number,
  reason: Refund['reason'],
  given: Metadata = {},
): Refund {
  if (!charge.paid) throw invalid(`Charge ${charge.id} has not been paid.`, 'charge');
  if (charge.refunded) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, 'charge', 'charge_already_refunded');
  }
  if (charge.disputed)
    throw invalid(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      'charge',
      'charge_disputed',
    );
  const left = charge.amount - charge.amount_refunded;
  if (value < 1 || value > left) {
    throw invalid(`Refund amount (${value}) is greater than unrefunded amount on charge (${left})`, 'amount');
  }
  const made = app.ids.make('re');
  const refund: Refund = {
    id: made,
    object: 'refund',
    amount: value,
    balance_transaction: makeBalanceTransaction(app, -value, charge.currency, made, 'refund').id,
    charge: charge.id,
    created: app.now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: given,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  } satisfies Wire<Stripe.Refund>;
  app.store.put('refunds', refund);
  app.emit('refund.created', refund);
  app.change('charges', charge, 'charge.refunded', (rec) => {
    rec.amount_refunded += value;
    rec.refunded = rec.amount_refunded === rec.amount;
  });
  return refund;
}

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
