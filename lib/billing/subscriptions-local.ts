import { and, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { subscriptions } from '@/db/schema';
import type { Account } from './accounts';
import { type Actor, recordAudit } from './audit';
import { NoActiveSubscription, TierNotFound, TierNotSelfService } from './errors';
import { type CurrentSubscription, findCurrentSubscription, isLocalTrial } from './subscriptions';
import { grantMonth } from './sync/current';
import { findPrice, getTier } from './tiers';

/**
 * "Try this plan": changes the tier of a running local trial, at once and without money. The trial's end stays.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService
 */
export async function changeLocalTier(
  db: Db,
  account: Account,
  input: { tierCode: string; interval: 'month' | 'year'; actor: Actor; now: Date },
): Promise<CurrentSubscription> {
  const tier = await getTier(db, account.platformId, input.tierCode);
  if (!tier.isActive) throw new TierNotFound(tier.code);
  if (!tier.isSelfService) throw new TierNotSelfService(tier.code);
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, account.merchantId),
          eq(subscriptions.platformId, account.platformId),
          eq(subscriptions.isCurrent, true),
        ),
      )
      .for('update');
    if (!row || !isLocalTrial(row, input.now)) throw new NoActiveSubscription();
    const unitAmount = findPrice(tier, row.currency, input.interval)?.unitAmount ?? 0;
    const after = { tierId: tier.id, interval: input.interval, unitAmount };
    if (row.tierId === tier.id && row.interval === input.interval) return;
    await tx
      .update(subscriptions)
      .set({ ...after, updatedAt: new Date() })
      .where(eq(subscriptions.id, row.id));
    await grantMonth(tx, account, { actor: input.actor, now: input.now });
    await recordAudit(tx, input.actor, input.now, {
      action: 'trial.tier_changed',
      entity: 'subscription',
      entityId: row.id,
      ...account,
      before: { tierId: row.tierId, interval: row.interval },
      after,
    });
  });
  const current = await findCurrentSubscription(db, account);
  if (!current) throw new NoActiveSubscription();
  return current;
}
