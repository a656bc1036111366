import { and, asc, eq, isNull, lte, type SQL } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { subscriptions } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { NoActiveSubscription, TierNotFound, TierNotSelfService } from '@/lib/billing/errors';
import { findPrice, getTier } from '@/lib/billing/plans/tiers';
import { askToEndAddOns, grantMonth } from './current';
import { type CurrentSubscription, findCurrentSubscription, isLocalTrial } from './subscription';

/**
 * "Try this plan": changes the tier of a running local trial, at once and without money. The trial's end stays.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService
 */
export async function changeLocalTier(
  db: Db,
  account: Account,
  input: { tierCode: string; interval: 'month' | 'year'; actor: Actor; now: Date; byAdmin?: object },
): Promise<CurrentSubscription> {
  const tier = await getTier(db, account.platformId, input.tierCode);
  if (!tier.isActive) throw new TierNotFound(tier.code);
  if (!tier.isSelfService) throw new TierNotSelfService(tier.code);
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(subscriptions)
      .where(and(ofAccount(subscriptions, account), eq(subscriptions.isCurrent, true)))
      .for('update');
    if (!row || !isLocalTrial(row, input.now)) throw new NoActiveSubscription();
    // A private plan is for those who have it; an admin may give it to anybody.
    if (!tier.isPublic && !input.byAdmin && row.tierId !== tier.id) throw new TierNotFound(tier.code);
    const unitAmount = findPrice(tier, row.currency, input.interval)?.unitAmount ?? 0;
    const after = { tierId: tier.id, interval: input.interval, unitAmount };
    if (row.tierId === tier.id && row.interval === input.interval) return;
    await tx
      .update(subscriptions)
      .set({ ...after, updatedAt: new Date() })
      .where(eq(subscriptions.id, row.id));
    await grantMonth(tx, account, { actor: input.actor, now: input.now });
    await record(
      tx,
      input,
      'trial.tier_changed',
      { id: row.id, ...account },
      { before: { tierId: row.tierId, interval: row.interval }, after },
    );
  });
  const current = await findCurrentSubscription(db, account);
  if (!current) throw new NoActiveSubscription();
  return current;
}

const JOB: Actor = { kind: 'job', id: 'check_trial_expirations' };

/**
 * Ends the plans that were given until a date that is over, a batch at a time, one transaction each: their status becomes
 * `canceled`, what they have stays, and their add-ons end with them. Safe to run twice and on several nodes.
 */
export async function endGivenPlans(db: Db, now: Date): Promise<{ ended: number }> {
  const due = and(
    isNull(subscriptions.stripeSubscriptionId),
    eq(subscriptions.status, 'active'),
    lte(subscriptions.cancelAt, now),
  );
  let ended = 0;
  for (;;) {
    const batch = await db
      .select({ id: subscriptions.id })
      .from(subscriptions)
      .where(due)
      .orderBy(asc(subscriptions.cancelAt))
      .limit(500);
    if (batch.length === 0) return { ended };
    for (const { id } of batch) {
      ended += (await db.transaction((tx) => endGivenPlan(tx, and(eq(subscriptions.id, id), due), now)))
        ? 1
        : 0;
    }
  }
}

async function endGivenPlan(tx: Tx, due: SQL | undefined, now: Date): Promise<boolean> {
  const [row] = await tx
    .update(subscriptions)
    .set({ status: 'canceled', endedAt: now, updatedAt: new Date() })
    .where(due)
    .returning();
  if (!row) return false;
  const account = { merchantId: row.merchantId, platformId: row.platformId };
  if (row.isCurrent) await askToEndAddOns(tx, account);
  await record(
    tx,
    { actor: JOB, now },
    'subscription.given_ended',
    { id: row.id, ...account },
    { before: { status: 'active', cancelAt: row.cancelAt }, after: { status: 'canceled' } },
  );
  return true;
}
