import type Stripe from 'stripe';
import { callStripe } from '@/lib/stripe/client';

/**
 * What was kept of an invoice, or is still owed on an open one, by Stripe now: its total, less what was credited, less what was
 * refunded beside that. A credit note may itself have refunded, or stand for a refund of before (`refunds`): that counts once.
 * In minor units. https://docs.stripe.com/api/credit_notes/object, https://docs.stripe.com/api/invoice-payment/list
 * @throws StripeUnavailable, StripeRefused
 */
export async function keptOf(stripe: Stripe, invoice: Stripe.Invoice): Promise<number> {
  const payments = await callStripe(() =>
    stripe.invoicePayments.list({ invoice: invoice.id, status: 'paid', limit: 100 }),
  );
  let refunded = 0;
  for (const payment of payments.data) refunded += await refundedOf(stripe, payment);
  const notes = await callStripe(() =>
    stripe.creditNotes.list({ invoice: invoice.id, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  const byNotes = notes
    .filter(({ status }) => status === 'issued')
    .flatMap(({ refunds }) => refunds)
    .reduce((sum, { amount_refunded }) => sum + amount_refunded, 0);
  const credited = invoice.pre_payment_credit_notes_amount + invoice.post_payment_credit_notes_amount;
  return invoice.total - credited - Math.max(0, refunded - byNotes);
}

/** Of what one payment paid for this invoice: another invoice's share of it is not counted. */
async function refundedOf(stripe: Stripe, { payment, amount_paid }: Stripe.InvoicePayment): Promise<number> {
  const idOf = (one: string | { id: string } | undefined) => (typeof one === 'string' ? one : one?.id);
  const [intent, charge] = [idOf(payment.payment_intent), idOf(payment.charge)];
  const of = intent ? { payment_intent: intent } : charge ? { charge } : null;
  if (!of) return 0;
  const refunds = await callStripe(() =>
    stripe.refunds.list({ ...of, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  const sum = refunds
    .filter(({ status }) => status !== 'failed' && status !== 'canceled')
    .reduce((total, { amount }) => total + amount, 0);
  return Math.min(sum, amount_paid ?? 0);
}
