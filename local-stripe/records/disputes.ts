/** Disputes: made by `/_local/trigger`. https://docs.stripe.com/api/disputes */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY } from '../clock';
import { invalid } from '../errors';
import type { Charge, Dispute, Wire } from '../types';
import { makeBalanceTransaction } from './balance-transactions';

const EVIDENCE = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
] as const;
type Evidence = Wire<Stripe.Dispute>['evidence'];

function emptyEvidence(): Evidence {
  const empty = Object.fromEntries(EVIDENCE.map((key) => [key, null])) as Record<
    (typeof EVIDENCE)[number],
    null
  >;
  return { ...empty, enhanced_evidence: {} };
}

export function openDispute(app: App, charge: Charge, reason: string): Dispute {
  if (!charge.paid) throw invalid('Only a paid charge can be disputed.', 'charge');
  if (charge.disputed) throw invalid(`Charge ${charge.id} is already disputed.`, 'charge', 'charge_disputed');
  const made = app.ids.make('du');
  const amount = charge.amount - charge.amount_refunded;
  const dispute: Dispute = {
    id: made,
    object: 'dispute',
    amount,
    balance_transactions: [makeBalanceTransaction(app, -amount, charge.currency, made, 'adjustment')],
    charge: charge.id,
    created: app.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: emptyEvidence(),
    evidence_details: {
      due_by: app.now + 7 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: charge.payment_method_details?.card?.brand ?? 'visa',
        case_type: 'chargeback',
        network: 'visa',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason,
    status: 'needs_response',
  } satisfies Wire<Stripe.Dispute>;
  app.change('charges', charge, 'charge.updated', (rec) => {
    rec.disputed = true;
  });
  app.store.put('disputes', dispute);
  app.emit('charge.dispute.created', app.view('disputes', dispute));
  app.emit('charge.dispute.funds_withdrawn', app.view('disputes', dispute));
  return dispute;
}

export function closeDispute(app: App, dispute: Dispute, won: boolean): void {
  if (dispute.status === 'won' || dispute.status === 'lost')
    throw invalid('This dispute is already closed.', 'dispute');
  app.change('disputes', dispute, 'charge.dispute.closed', (rec) => {
    rec.status = won ? 'won' : 'lost';
    if (won)
      rec.balance_transactions = [
        ...rec.balance_transactions,
        makeBalanceTransaction(app, rec.amount, rec.currency, rec.id, 'adjustment'),
      ];
  });
  if (won) app.emit('charge.dispute.funds_reinstated', app.view('disputes', dispute));
}
