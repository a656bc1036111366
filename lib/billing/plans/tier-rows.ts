import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { addOns, platforms, tiers } from '@/db/schema';
import type { Actor } from '@/lib/billing/audit';
import { EditConflict, TierNotFound } from '@/lib/billing/errors';
import type { NewTier, TierPatch } from '@/lib/billing/plans/tier-input';
import { getTier, type Tier } from '@/lib/billing/plans/tiers';
import { NotFound } from '@/lib/errors';
import { writePrice } from '@/lib/money';

export type EditContext = { actor: Actor; now: Date };

/** The tier, locked until the transaction ends. @throws TierNotFound, EditConflict for a `revision` that is not current */
export async function lockTier(
  tx: Tx,
  platformId: string,
  tierCode: string,
  revision: number | undefined,
): Promise<Tier> {
  const [row] = await tx
    .select({ id: tiers.id })
    .from(tiers)
    .where(and(eq(tiers.platformId, platformId), eq(tiers.code, tierCode)))
    .for('update');
  if (!row) throw new TierNotFound(tierCode);
  const tier = await getTier(tx, platformId, tierCode);
  if (revision !== undefined && revision !== tier.revision) throw new EditConflict(tier.revision);
  return tier;
}

/** The platform of a tier that is being edited: its roles stay as they are until the transaction ends. */
export async function lockPlatform(tx: Tx, platformId: string) {
  const [row] = await tx.select().from(platforms).where(eq(platforms.id, platformId)).for('no key update');
  if (!row) throw new NotFound('platform', platformId);
  return row;
}

/**
 * Whether an add-on has the code: their lookup keys at Stripe would be the same (stripe.md 46), and each push would take the
 * other's price off sale. Asked under `lockPlatform`, as `saveExtra` asks.
 */
export async function isAddOnCode(tx: Tx, platformId: string, code: string): Promise<boolean> {
  const [found] = await tx
    .select({ id: addOns.id })
    .from(addOns)
    .where(and(eq(addOns.platformId, platformId), eq(addOns.code, code)));
  return found !== undefined;
}

/** Every edit of a tier, its prices or its limits raises it: the guard against lost edits. */
export const raiseRevision = (tx: Tx, tierId: string) =>
  tx
    .update(tiers)
    .set({ revision: sql`${tiers.revision} + 1`, updatedAt: new Date() })
    .where(eq(tiers.id, tierId));

export function tierColumns(input: TierPatch | NewTier) {
  const { name, description, isActive, isPublic, isSelfService, displayOrder, trialDays } = input;
  const { stripeProductId } = input;
  const named = {
    name,
    description,
    isActive,
    isPublic,
    isSelfService,
    displayOrder,
    trialDays,
    stripeProductId,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as Partial<
    typeof named
  >;
}

/** What the audit trail shows of a tier. */
export function tierFacts(tier: Tier, platform: string): Record<string, unknown> {
  const { code, name, description, isActive, isPublic, isSelfService } = tier;
  const { displayOrder, trialDays, stripeProductId } = tier;
  const said = tier.prices.map((price) => ({
    words: `${writePrice(price.unitAmount, price.currency)} ${price.currency} / ${price.interval}`,
    id: price.stripePriceId,
  }));
  return {
    code,
    platform,
    name,
    description,
    isActive,
    isPublic,
    isSelfService,
    displayOrder,
    trialDays,
    stripeProductId,
    prices: said.map((price) => price.words).join(', '),
    stripePrices: said.flatMap((price) => price.id ?? []).join(', '),
  };
}

/** A change with what it is about on both sides: an id says nothing to the person who reads the trail. */
export const which = <T extends { before: object | null; after: object }>(
  code: string,
  platform: string,
  change: T,
) => ({
  before: { code, platform, ...change.before },
  after: { code, platform, ...change.after },
});
