import type Stripe from 'stripe';
import { z } from 'zod';
import { fromUnix } from '@/lib/time';
import { expand } from './expansions';
import { reference, seconds } from './shapes';

const chargeShape = z.object({
  id: z.string(),
  customer: reference.nullish(),
  payment_intent: reference.nullish(),
  amount: z.number(),
  amount_refunded: z.number(),
  currency: z.string(),
  created: seconds,
});

const disputeShape = z.object({
  id: z.string(),
  charge: reference,
  payment_intent: reference.nullish(),
  amount: z.number(),
  currency: z.string(),
  reason: z.string().nullish(),
  status: z.string(),
  created: seconds,
});

/** Money that went back or may: what was refunded of a charge, or a dispute about it. */
export type MoneyBackSnapshot = {
  id: string;
  kind: 'refund' | 'dispute';
  chargeId: string;
  paymentIntentId: string | null;
  customerId: string | null;
  /** Refund: all that went back so far. */
  amount: number;
  charged: number | null;
  currency: string;
  status: string;
  reason: string | null;
  at: Date;
  /** The invoices that the payment paid, as Stripe lists them: a charge names none (stripe.md 24). */
  invoiceIds: string[];
};

/** What was refunded of a charge, from Stripe now. */
export async function fetchRefunds(stripe: Stripe, chargeId: string) {
  const response = await stripe.charges.retrieve(chargeId);
  const charge = chargeShape.parse(response);
  const snapshot: MoneyBackSnapshot = {
    id: charge.id,
    kind: 'refund',
    chargeId: charge.id,
    paymentIntentId: charge.payment_intent ?? null,
    customerId: charge.customer ?? null,
    amount: charge.amount_refunded,
    charged: charge.amount,
    currency: charge.currency.toUpperCase(),
    status: charge.amount_refunded === charge.amount ? 'refunded' : 'partially_refunded',
    reason: null,
    at: fromUnix(charge.created),
    invoiceIds: await invoicesOf(stripe, charge.payment_intent ?? null),
  };
  return { snapshot, response };
}

/** A dispute, from Stripe now, with the customer of its charge. */
export async function fetchDispute(stripe: Stripe, disputeId: string) {
  const response = await stripe.disputes.retrieve(disputeId, { expand: expand('dispute') });
  const dispute = disputeShape.parse(response);
  const charge = typeof response.charge === 'object' ? chargeShape.parse(response.charge) : null;
  const snapshot: MoneyBackSnapshot = {
    id: dispute.id,
    kind: 'dispute',
    chargeId: dispute.charge,
    paymentIntentId: dispute.payment_intent ?? null,
    customerId: charge?.customer ?? null,
    amount: dispute.amount,
    charged: charge?.amount ?? null,
    currency: dispute.currency.toUpperCase(),
    status: dispute.status,
    reason: dispute.reason ?? null,
    at: fromUnix(dispute.created),
    invoiceIds: await invoicesOf(stripe, dispute.payment_intent ?? null),
  };
  return { snapshot, response };
}

async function invoicesOf(stripe: Stripe, paymentIntentId: string | null): Promise<string[]> {
  if (!paymentIntentId) return [];
  const list = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    limit: 10,
  });
  return list.data.map((entry) => (typeof entry.invoice === 'string' ? entry.invoice : entry.invoice.id));
}
