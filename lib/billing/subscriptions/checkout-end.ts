import type Stripe from 'stripe';
import { SubscriptionConflict } from '@/lib/billing/errors';
import type { SessionRow } from '@/lib/billing/subscriptions/checkout-slot';
import { callStripe, isRefused } from '@/lib/stripe/client';
import { readMarks } from '@/lib/stripe/metadata';

/** Plan sessions of the account that are open at Stripe and hold no slot of ours: their answer never reached us. */
export async function expireStrays(stripe: Stripe, customer: string, slot: SessionRow): Promise<void> {
  const open = await callStripe(() =>
    stripe.checkout.sessions
      .list({ customer, status: 'open', limit: 100 })
      .autoPagingToArray({ limit: 1000 }),
  );
  for (const session of open) {
    const marks = readMarks(session.metadata);
    const same = marks?.kind === 'plan' && marks.platform === slot.platformId;
    if (!same || session.metadata?.place === slot.id) continue;
    await endUnpaid(stripe, session.id);
  }
}

/** Ends a session that must not be paid any more. @throws SubscriptionConflict when it just was */
export async function endUnpaid(stripe: Stripe, id: string): Promise<void> {
  try {
    await callStripe(() => stripe.checkout.sessions.expire(id));
  } catch (error) {
    if (!isRefused(error)) throw error;
    const { status } = await callStripe(() => stripe.checkout.sessions.retrieve(id));
    if (status !== 'expired') throw new SubscriptionConflict({ reason: 'checkout_paid' });
  }
}
