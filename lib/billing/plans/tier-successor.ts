import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { platforms, tierLimits, tierPrices, tiers } from '@/db/schema';
import { entry, recordAll } from '@/lib/billing/audit';
import { EditConflict } from '@/lib/billing/errors';
import { roleOf, TierCodeTaken } from './tier-edit';
import { codeInput } from './tier-input';
import { type EditContext, isAddOnCode, lockPlatform, lockTier, tierFacts, which } from './tier-rows';
import { getTier, type Tier } from './tiers';

export const successorInput = z.strictObject({
  code: codeInput,
  name: z.string().trim().min(1).max(80).optional(),
  revision: z.number().int().optional(),
});

/**
 * "New subscribers only": a copy of the tier, with its prices and limits, becomes the public one; the old turns private
 * and is still served to those who have it. New trials start on the copy where they started on the old one; who has no plan
 * goes on getting the old one where it is the fallback. Edit the copy, then push it to Stripe.
 * @throws TierNotFound, TierCodeTaken, EditConflict, also when it has a successor already
 */
export async function saveAsSuccessor(
  db: Db,
  platformId: string,
  tierCode: string,
  input: z.output<typeof successorInput>,
  context: EditContext,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const platform = await lockPlatform(tx, platformId);
    const old = await lockTier(tx, platformId, tierCode, input.revision);
    if (old.successorId) throw new EditConflict(old.revision);
    const id = newId('tier');
    const { description, isSelfService, displayOrder, trialDays } = old;
    const [made] = await tx
      .insert(tiers)
      .values({
        id,
        platformId,
        code: input.code,
        name: input.name ?? old.name,
        description,
        isSelfService,
        displayOrder,
        trialDays,
      })
      .onConflictDoNothing({ target: [tiers.platformId, tiers.code] })
      .returning({ id: tiers.id });
    if (!made || (await isAddOnCode(tx, platformId, input.code))) throw new TierCodeTaken(input.code);
    if (old.prices.length > 0) {
      await tx.insert(tierPrices).values(
        old.prices.map(({ currency, interval, unitAmount }) => ({
          id: newId('tpr'),
          tierId: id,
          currency,
          interval,
          unitAmount,
        })),
      );
    }
    if (old.limits.length > 0)
      await tx.insert(tierLimits).values(old.limits.map((row) => ({ ...row, tierId: id })));
    await tx
      .update(tiers)
      .set({ isPublic: false, successorId: id, revision: sql`${tiers.revision} + 1`, updatedAt: new Date() })
      .where(eq(tiers.id, old.id));
    const movesTrial = roleOf(tierCode, platform) === 'trial';
    if (movesTrial)
      await tx.update(platforms).set({ trialTierCode: input.code }).where(eq(platforms.id, platformId));
    const successor = await getTier(tx, platformId, input.code);
    const change = {
      before: { isPublic: old.isPublic },
      after: { isPublic: false, successor: input.code },
    };
    await recordAll(tx, context, [
      entry('tier.succeeded', { id: old.id, platformId }, which(tierCode, platform.code, change)),
      entry('tier.created', { id, platformId }, { after: tierFacts(successor, platform.code) }),
      ...(movesTrial
        ? [
            entry(
              'platform.trial_tier_changed',
              { id: platformId, platformId },
              { before: { trialTier: tierCode }, after: { trialTier: input.code } },
            ),
          ]
        : []),
    ]);
    return successor;
  });
}
