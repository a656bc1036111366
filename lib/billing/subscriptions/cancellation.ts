import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import {
  type CurrentSubscription,
  findCurrentSubscription,
  livesAtStripe,
} from '@/lib/billing/account/subscription';
import type { Account } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { NoActiveSubscription, SubscriptionNotCancelled } from '@/lib/billing/errors';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { callStripe } from '@/lib/stripe/client';
import { clearCancellation, setAside } from './at-period-end';
import { cancelAtOnce } from './cancel-at-once';
import { overtaken, releaseSchedule } from './schedule';

type Context = Act & { account: Account };
/** A current subscription that Stripe has. */
export type AtStripe = CurrentSubscription & { stripeSubscriptionId: string };

/** The account's subscription at Stripe that lives. @throws NoActiveSubscription */
export async function getLiveSubscription(db: Db, account: Account): Promise<AtStripe> {
  const current = await findCurrentSubscription(db, account);
  if (!current || !livesAtStripe(current) || !current.stripeSubscriptionId) throw new NoActiveSubscription();
  return { ...current, stripeSubscriptionId: current.stripeSubscriptionId };
}

/**
 * Cancels at the period's end, or (admins) at once. A change that waited is dropped: while a schedule is attached Stripe
 * refuses cancellation fields (stripe.md 42). Safe to repeat.
 * @throws NoActiveSubscription, EditConflict, StripeUnavailable
 */
export async function cancelSubscription(
  db: Db,
  stripe: Stripe,
  input: Context & { reason?: string; immediately?: boolean },
): Promise<CurrentSubscription> {
  const live = await getLiveSubscription(db, input.account);
  const id = live.stripeSubscriptionId;
  const details = input.reason ? { cancellation_details: { comment: input.reason } } : {};
  await setAside(stripe, id, { cancellation: false }, async () => {
    if (input.immediately) return cancelAtOnce(stripe, id, details).catch(overtaken);
    const ends = { cancel_at_period_end: true, ...details };
    await callStripe(() => stripe.subscriptions.update(id, ends)).catch(overtaken);
  });
  return afterwards(
    db,
    stripe,
    id,
    input,
    input.immediately ? 'subscription.cancelled_now' : 'subscription.cancelled',
    input.reason,
  );
}

/**
 * Takes a scheduled cancellation back before it takes effect. Both ways of saying it are cleared (stripe.md 43).
 * @throws NoActiveSubscription, SubscriptionNotCancelled, StripeUnavailable
 */
export async function reactivateSubscription(
  db: Db,
  stripe: Stripe,
  input: Context,
): Promise<CurrentSubscription> {
  const live = await getLiveSubscription(db, input.account);
  const id = live.stripeSubscriptionId;
  if (!live.cancelAt && !live.cancelAtPeriodEnd) throw new SubscriptionNotCancelled();
  // A cancellation that a schedule holds (the Dashboard makes such) is the schedule's to give up (stripe.md 42).
  await releaseSchedule(stripe, id);
  await clearCancellation(stripe, id);
  return afterwards(db, stripe, id, input, 'subscription.reactivated');
}

/** Brings in what Stripe made of it, and writes who asked for it: the mirror itself is signed by Stripe's side. */
export async function afterwards(
  db: Db,
  stripe: Stripe,
  id: string,
  context: Context,
  action: string,
  reason?: string,
): Promise<CurrentSubscription> {
  await settle(db, stripe, subscriptionMirror, id, context, (tx) =>
    record(tx, context, action, { id, ...context.account }, { reason }),
  );
  const current = await findCurrentSubscription(db, context.account);
  if (!current) throw new NoActiveSubscription();
  return current;
}
