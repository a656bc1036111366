import { and, eq, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { storeAddOns } from '@/db/schema';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { type Act, type Actor, record } from '@/lib/billing/audit';
import { getCustomer } from '@/lib/billing/customers/customers';
import { ChangePending, SubscriptionNotCancelled } from '@/lib/billing/errors';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { NotFound } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { listStoreAddOns, type StoreAddOn } from './add-ons';
import { clearCancellation } from './at-period-end';
import { cancelAtOnce } from './cancel-at-once';
import { overtaken } from './schedule';

type Row = typeof storeAddOns.$inferSelect;

/**
 * Cancels an add-on, or takes that back. One with a subscription of its own ends with what is paid. One that is an item of
 * the plan's subscription (imports) goes at once and for good: Stripe ends a subscription with its period, not one item of
 * it. The plan stays, and what is left of the paid time is credited at once, to the customer's balance: as a pending item a later end would drop it.
 * @throws NotFound, SubscriptionNotCancelled, ChangePending, EditConflict, StripeUnavailable
 */
export async function setAddOnCancellation(
  db: Db,
  stripe: Stripe,
  input: { account: Account; id: string; cancel: boolean; actor: Actor; now: Date },
): Promise<StoreAddOn> {
  const row = await getStoreAddOn(db, input.account, input.id);
  if (row.endedAt) throw new NotFound('add-on', input.id);
  // An item's end is its plan's: to keep the one would bring back the other.
  if (!input.cancel && (row.isOnPlan || !row.cancelAt)) throw new SubscriptionNotCancelled();
  const id = row.stripeSubscriptionId;
  if (row.isOnPlan) await removeItem(stripe, row);
  else if (!input.cancel) await clearCancellation(stripe, id);
  else
    await callStripe(() => stripe.subscriptions.update(id, { cancel_at_period_end: true })).catch(overtaken);
  await settle(db, stripe, subscriptionMirror, id, input, (tx) =>
    record(
      tx,
      input,
      row.isOnPlan ? 'add_on.removed' : input.cancel ? 'add_on.cancelled' : 'add_on.reactivated',
      { id: row.id, ...input.account },
    ),
  );
  const after = (await listStoreAddOns(db, input.account)).find((one) => one.id === row.id);
  if (!after) throw new NotFound('add-on', input.id);
  return after;
}

/** One of the account's add-ons. @throws NotFound, also for another merchant's */
async function getStoreAddOn(db: Db, account: Account, id: string): Promise<Row> {
  const [row] = await db
    .select()
    .from(storeAddOns)
    .where(and(eq(storeAddOns.id, id), ofAccount(storeAddOns, account)));
  if (!row) throw new NotFound('add-on', id);
  return row;
}

/** Takes an item off the plan's subscription, with credit. One that is gone already is no fault. */
async function removeItem(stripe: Stripe, row: Row): Promise<void> {
  const { snapshot: plan } = await callStripe(() =>
    subscriptionMirror.fetch(stripe, row.stripeSubscriptionId),
  ).catch(overtaken);
  // The schedule's next phase would bring the item back, and a plan that waits for its payment be given up.
  if (plan.nextPhase || plan.pendingUntil) throw new ChangePending();
  await callStripe(() =>
    stripe.subscriptionItems.del(row.stripeItemId, { proration_behavior: 'always_invoice' }),
  ).catch((error) => {
    if (!isMissing(error)) overtaken(error);
  });
}

/**
 * Ends the add-ons of an account whose plan has ended, at Stripe and here. The worker repeats it until it is done. Items of
 * a plan's subscription end with that one, which may be another's or wait for its first payment.
 */
export async function endAddOns(
  db: Db,
  stripe: Stripe | null,
  account: Account,
  context: Act,
): Promise<{ ended: number }> {
  if (!stripe) return { ended: 0 };
  const open = await db
    .selectDistinct({ id: storeAddOns.stripeSubscriptionId })
    .from(storeAddOns)
    .where(
      and(ofAccount(storeAddOns, account), eq(storeAddOns.isOnPlan, false), isNull(storeAddOns.endedAt)),
    );
  if (open.length === 0) return { ended: 0 };
  // The plan may live again by now, or its own event be late: Stripe knows, and then nothing ends.
  await syncPlans(db, stripe, account, context);
  if (livesAtStripe(await findCurrentSubscription(db, account))) return { ended: 0 };
  for (const { id } of open) {
    await cancelAtOnce(stripe, id).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    await settle(db, stripe, subscriptionMirror, id, context);
  }
  return { ended: open.length };
}

/** Brings in all subscriptions that the merchant's customer has at Stripe. */
async function syncPlans(db: Db, stripe: Stripe, account: Account, context: Act): Promise<void> {
  const { stripeCustomerId: customer, deletedAtStripe } = await getCustomer(db, account.merchantId);
  if (!customer || deletedAtStripe) return;
  const list = await callStripe(() =>
    stripe.subscriptions.list({ customer, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  for (const { id } of list) await settle(db, stripe, subscriptionMirror, id, context);
}
