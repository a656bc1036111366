import { and, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { checkoutSessions, subscriptions, tiers } from '@/db/schema';
import { entry, recordAll } from '@/lib/billing/audit';
import { retireProduct } from '@/lib/billing/plans/retire-product';
import type { Tier } from '@/lib/billing/plans/tiers';
import { refusal } from '@/lib/errors';
import { roleOf, type TierRole } from './tier-edit';
import { type EditContext, lockPlatform, lockTier, tierFacts, which } from './tier-rows';

/** 409: somebody has it, had it or is buying it, or the platform gives it; it can be made inactive instead. */
export const TierInUse = refusal(
  'conflict',
  'tier_in_use',
  (details: { tierCode: string; subscribers: number; role?: TierRole }) => details,
);

/**
 * Deletes a tier that nobody ever subscribed to; the next push archives its Stripe product. One that it succeeded has no
 * successor any more. With `revision`, one that was changed meanwhile is refused.
 * @throws TierNotFound, TierInUse, EditConflict
 */
export async function deleteTier(
  db: Db,
  platformId: string,
  tierCode: string,
  context: EditContext & { revision?: number },
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const platform = await lockPlatform(tx, platformId);
    const tier = await lockTier(tx, platformId, tierCode, context.revision);
    await refuseUsed(tx, tier, roleOf(tierCode, platform));
    await tx.delete(tiers).where(eq(tiers.id, tier.id));
    await retireProduct(tx, 'tier', tier);
    const orphans = await tx
      .update(tiers)
      .set({ successorId: null, revision: sql`${tiers.revision} + 1`, updatedAt: new Date() })
      .where(and(eq(tiers.platformId, platformId), eq(tiers.successorId, tier.id)))
      .returning({ id: tiers.id, code: tiers.code });
    await recordAll(tx, context, [
      entry('tier.deleted', { id: tier.id, platformId }, { before: tierFacts(tier, platform.code) }),
      ...orphans.map((row) =>
        entry(
          'tier.updated',
          { id: row.id, platformId },
          which(row.code, platform.code, {
            before: { successor: tierCode },
            after: { successor: null },
          }),
        ),
      ),
    ]);
    return tier;
  });
}

async function refuseUsed(tx: Tx, tier: Tier, role: TierRole | null): Promise<void> {
  const [used] = await tx.execute<{ current: string; ever: string; buying: boolean }>(sql`
    select count(*) filter (where ${subscriptions.isCurrent}) as current, count(*) as ever,
      exists (select 1 from ${checkoutSessions} where ${checkoutSessions.platformId} = ${tier.platformId}
        and ${checkoutSessions.status} = 'open' and ${checkoutSessions.kind} = 'plan'
        and split_part(${checkoutSessions.choice}, ':', 1) = ${tier.code}) as buying
    from ${subscriptions} where ${subscriptions.tierId} = ${tier.id} or ${subscriptions.pendingTierId} = ${tier.id}`);
  if (Number(used?.ever ?? 0) === 0 && !used?.buying && !role) return;
  throw new TierInUse({
    tierCode: tier.code,
    subscribers: Number(used?.current ?? 0),
    ...(role ? { role } : {}),
  });
}
