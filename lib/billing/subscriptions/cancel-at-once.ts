import type Stripe from 'stripe';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import { idOf } from './schedule';

/**
 * Ends a subscription now. One that is gone already is done: the SDK repeats a DELETE whose answer was lost (stripe.md 52),
 * and the second is answered 404. By default Stripe also stops collecting the customer's other open invoices (the types at
 * `subscriptions.cancel`); those of subscriptions that go on are set going again.
 * @throws StripeUnavailable, StripeRefused
 */
export async function cancelAtOnce(
  stripe: Stripe,
  id: string,
  params: Stripe.SubscriptionCancelParams = {},
): Promise<void> {
  const { customer } = await callStripe(() => stripe.subscriptions.retrieve(id));
  const collected = await listCollected(stripe, idOf(customer), id);
  await callStripe(() => stripe.subscriptions.cancel(id, params)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (collected.length === 0) return;
  const still = new Set(await listCollected(stripe, idOf(customer), id));
  for (const invoice of collected.filter((one) => !still.has(one))) {
    await callStripe(() => stripe.invoices.update(invoice, { auto_advance: true })).catch(
      (error: unknown) => {
        // Paid or voided meanwhile: nothing to collect.
        if (!isRefused(error)) throw error;
      },
    );
  }
}

/** The customer's open invoices that Stripe collects by itself, but for one subscription's. */
async function listCollected(stripe: Stripe, customer: string, but: string): Promise<string[]> {
  const found: string[] = [];
  await callStripe(async () => {
    found.length = 0;
    for await (const one of stripe.invoices.list({ customer, status: 'open', limit: 100 })) {
      const of = one.parent?.subscription_details?.subscription;
      if (one.id && one.auto_advance && (!of || idOf(of) !== but)) found.push(one.id);
    }
  });
  return found;
}
