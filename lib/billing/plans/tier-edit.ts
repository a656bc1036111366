import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { tiers } from '@/db/schema';
import { changedFields, record } from '@/lib/billing/audit';
import { wantedPrices } from '@/lib/billing/plans/price-input';
import { refuseLostPrices, refuseTakenProduct } from '@/lib/billing/plans/retire-product';
import type { NewTier, TierPatch } from '@/lib/billing/plans/tier-input';
import { writePrices } from '@/lib/billing/plans/tier-prices';
import { getTier, type Tier } from '@/lib/billing/plans/tiers';
import { refusal } from '@/lib/errors';
import {
  type EditContext,
  isAddOnCode,
  lockPlatform,
  lockTier,
  raiseRevision,
  tierColumns,
  tierFacts,
  which,
} from './tier-rows';

/** 409: another tier of the platform has the code. */
export const TierCodeTaken = refusal('conflict', 'tier_code_taken', (taken: string) => ({
  field: 'code',
  code: taken,
}));

/** 409: the platform gives it to new merchants (trial) or to those without a plan (fallback): it cannot be switched off. */
export const TierHasRole = refusal(
  'conflict',
  'tier_has_role',
  (details: { tierCode: string; role: TierRole }) => details,
);

export type TierRole = 'trial' | 'fallback';

/** What the platform itself gives a tier for, or null. */
export function roleOf(
  tierCode: string,
  platform: { trialTierCode: string | null; fallbackTierCode: string | null },
): TierRole | null {
  if (platform.trialTierCode === tierCode) return 'trial';
  return platform.fallbackTierCode === tierCode ? 'fallback' : null;
}

/** Makes a tier. @throws TierCodeTaken, ValidationFailed */
export async function createTier(
  db: Db,
  platformId: string,
  input: NewTier,
  context: EditContext,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const platform = await lockPlatform(tx, platformId);
    const prices = wantedPrices(input, platform.defaultCurrency, []);
    const id = newId('tier');
    if (input.stripeProductId) await refuseTakenProduct(tx, input.stripeProductId, id);
    const [made] = await tx
      .insert(tiers)
      .values({ id, platformId, code: input.code, name: input.name, ...tierColumns(input) })
      .onConflictDoNothing({ target: [tiers.platformId, tiers.code] })
      .returning({ id: tiers.id });
    if (!made || (await isAddOnCode(tx, platformId, input.code))) throw new TierCodeTaken(input.code);
    if (prices) await writePrices(tx, id, prices);
    const tier = await getTier(tx, platformId, input.code);
    await record(tx, context, 'tier.created', { id, platformId }, { after: tierFacts(tier, platform.code) });
    return tier;
  });
}

/**
 * Changes a tier: what is not named stays. A changed price becomes a new row; the old one stays for those who pay it and
 * at Stripe until the next push. With `revision`, one that is no longer current is refused: nothing is overwritten unseen.
 * @throws TierNotFound, EditConflict, ValidationFailed, TierHasRole when the platform's trial or fallback tier is switched off
 */
export async function updateTier(
  db: Db,
  platformId: string,
  tierCode: string,
  patch: TierPatch,
  context: EditContext,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const platform = await lockPlatform(tx, platformId);
    const before = await lockTier(tx, platformId, tierCode, patch.revision);
    const role = roleOf(tierCode, platform);
    if (role && before.isActive && patch.isActive === false) throw new TierHasRole({ tierCode, role });
    const prices = wantedPrices(patch, platform.defaultCurrency, before.prices);
    if (patch.stripeProductId) await refuseTakenProduct(tx, patch.stripeProductId, before.id);
    const product = patch.stripeProductId === undefined ? before.stripeProductId : patch.stripeProductId;
    if (before.stripeProductId && product !== before.stripeProductId) await refuseLostPrices(tx, before.id);
    const changes = tierColumns(patch);
    if (Object.keys(changes).length > 0) await tx.update(tiers).set(changes).where(eq(tiers.id, before.id));
    if (prices) await writePrices(tx, before.id, prices);
    const after = await getTier(tx, platformId, tierCode);
    const changed = changedFields<Record<string, unknown>>(
      tierFacts(before, platform.code),
      tierFacts(after, platform.code),
    );
    if (!changed) return before;
    await raiseRevision(tx, before.id);
    await record(
      tx,
      context,
      'tier.updated',
      { id: before.id, platformId },
      which(tierCode, platform.code, changed),
    );
    return getTier(tx, platformId, tierCode);
  });
}
