import { and, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOns, checkoutSessions, platforms, subscriptions, tiers } from '@/db/schema';
import { type Actor, changedFields, entry, record, recordAll } from '@/lib/billing/audit';
import { EditConflict, TierNotFound } from '@/lib/billing/errors';
import { DomainError, NotFound } from '@/lib/errors';
import { writePrice } from '@/lib/money';
import { refuseLostPrices, refuseTakenProduct, retireProduct } from './retire-product';
import type { NewTier, TierPatch } from './tier-input';
import { wantedPrices, writePrices } from './tier-prices';
import { getTier, type Tier } from './tiers';

/** 409: another tier of the platform has the code. */
export class TierCodeTaken extends DomainError {
  constructor(taken: string) {
    super('conflict', 'tier_code_taken', { field: 'code', code: taken });
  }
}

/** 409: somebody has it, had it or is buying it, or the platform gives it; it can be made inactive instead. */
export class TierInUse extends DomainError {
  constructor(details: { tierCode: string; subscribers: number; role?: TierRole }) {
    super('conflict', 'tier_in_use', details);
  }
}

/** 409: the platform gives it to new merchants (trial) or to those without a plan (fallback): it cannot be switched off. */
export class TierHasRole extends DomainError {
  constructor(details: { tierCode: string; role: TierRole }) {
    super('conflict', 'tier_has_role', details);
  }
}

export type TierRole = 'trial' | 'fallback';

/** What the platform itself gives a tier for, or null. */
export function roleOf(
  tierCode: string,
  platform: { trialTierCode: string | null; fallbackTierCode: string | null },
): TierRole | null {
  if (platform.trialTierCode === tierCode) return 'trial';
  return platform.fallbackTierCode === tierCode ? 'fallback' : null;
}

export type EditContext = { actor: Actor; now: Date };

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
      .values({ id, platformId, code: input.code, name: input.name, ...columns(input) })
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
    const changes = columns(patch);
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

function columns(input: TierPatch | NewTier) {
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
