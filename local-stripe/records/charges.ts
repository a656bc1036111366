/** Charges and refunds. Endive: a charge names no invoice (stripe.md 24). https://docs.stripe.com/api/charges */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Decline } from '../cards';
import { invalid } from '../errors';
import { scramble } from '../ids';
import type { Charge, Metadata, PaymentIntent, PaymentMethod, Refund, Wire } from '../types';
import { makeBalanceTransaction } from './balance-transactions';
import { strip } from './strip';

export function makeCharge(
  app: App,
  intent: PaymentIntent,
  method: PaymentMethod,
  decline: Decline | null,
): Charge {
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
      created: app.wallTime(intent.customer),
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
        advice_code: (decline?.advice_code ?? null) as 'try_again_later' | null,
        network_advice_code: null,
        network_decline_code: decline?.network_decline_code ?? null,
        network_status: decline ? 'declined_by_network' : 'approved_by_network',
        reason: decline?.decline_code ?? null,
        risk_level: 'normal',
        risk_score: 20,
        seller_message: decline
          ? 'The bank did not return any further details with this decline.'
          : 'Payment complete.',
        type: decline ? 'issuer_declined' : 'authorized',
      },
      paid: decline === null,
      payment_intent: intent.id,
      payment_method: method.id,
      payment_method_details: ofMethod(method) ?? {
        card: {
          amount_authorized: decline ? null : intent.amount,
          authorization_code: decline ? null : scramble(`code:${made}`, 6),
          brand: card?.brand ?? null,
          checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
          country: card?.country ?? null,
          electronic_commerce_indicator: null,
          extended_authorization: { status: 'disabled' },
          exp_month: card?.exp_month ?? 12,
          exp_year: card?.exp_year ?? 2030,
          fingerprint: card?.fingerprint ?? null,
          funding: card?.funding ?? null,
          incremental_authorization: { status: 'unavailable' },
          installments: null,
          last4: card?.last4 ?? null,
          mandate: null,
          multicapture: { status: 'unavailable' },
          network: card?.brand ?? null,
          network_token: { used: false },
          network_transaction_id: decline ? null : scramble(`network:${made}`, 15),
          overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' },
          regulated_status: 'unregulated',
          three_d_secure: null,
          transaction_link_id: null,
          wallet: null,
        },
        type: 'card',
      },
      radar_options: {},
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

/**
 * Confirmed without an invoice, a charge is captured a moment later: its `balance_transaction` is null at first (stripe.md G5,
 * recorded). Of an invoice it is there at once.
 */
export function viewCharge(app: App, charge: Charge): object {
  const booked = charge._.invoice !== null || app.now > charge.created + 1;
  return { ...strip(charge), balance_transaction: booked ? charge.balance_transaction : null };
}

/** What a charge says of a method that is no card. */
function ofMethod({ type, sepa_debit }: PaymentMethod): Charge['payment_method_details'] | null {
  if (type === 'customer_balance') return { customer_balance: {}, type };
  if (type !== 'sepa_debit' || !sepa_debit) return null;
  const { generated_from: _from, ...shown } = sepa_debit;
  return { sepa_debit: { ...shown, mandate: null }, type };
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
