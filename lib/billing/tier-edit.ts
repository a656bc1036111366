import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { platforms, subscriptions, tierLimits, tierPrices, tiers } from '@/db/schema';
import { DomainError, invalid } from '@/lib/errors';
import { type Actor, changedFields, recordAudit } from './audit';
import { EditConflict, TierNotFound } from './errors';
import { getTier, type Tier } from './tiers';

const code = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'lower-case letters, digits, - and _, no spaces');
const cents = z.number().int().min(0).max(100_000_000);
const priceInput = z.strictObject({
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'a three-letter currency code'),
  interval: z.enum(['month', 'year']),
  unit_amount: cents,
  stripe_price_id: z
    .string()
    .trim()
    .regex(/^price_\w+$/, 'a Stripe price id')
    .nullish(),
});

const common = {
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(500),
  is_active: z.boolean(),
  is_public: z.boolean(),
  is_self_service: z.boolean(),
  display_order: z.number().int().min(0).max(10_000),
  trial_days: z.number().int().min(0).max(730).nullable(),
  stripe_product_id: z
    .string()
    .trim()
    .regex(/^prod_\w+$/, 'a Stripe product id')
    .nullable(),
  /** In the platform's default currency; null takes the price away. */
  price_monthly_cents: cents.nullable(),
  price_annual_cents: cents.nullable(),
  /** All prices; what is not named is taken away. */
  prices: z.array(priceInput).max(40),
};

export const newTierInput = z
  .strictObject({ code, ...common })
  .partial()
  .required({ code: true, name: true });
export const tierPatch = z.strictObject({ ...common, revision: z.number().int() }).partial();
export type NewTier = z.output<typeof newTierInput>;
export type TierPatch = z.output<typeof tierPatch>;

/** 409: another tier of the platform has the code. */
export class TierCodeTaken extends DomainError {
  constructor(taken: string) {
    super('conflict', 'tier_code_taken', { field: 'code', code: taken });
  }
}

/** 409: somebody has it or had it; it can be made inactive instead. */
export class TierInUse extends DomainError {
  constructor(details: { tier_code: string; subscribers: number }) {
    super('conflict', 'tier_in_use', details);
  }
}

type Context = { actor: Actor; now: Date };

/** Makes a tier. @throws TierCodeTaken, ValidationFailed */
export async function createTier(
  db: Db,
  platformId: string,
  input: NewTier,
  context: Context,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const currency = await currencyOf(tx, platformId);
    const id = newId('tier');
    const [made] = await tx
      .insert(tiers)
      .values({ id, platformId, code: input.code, name: input.name, ...columns(input) })
      .onConflictDoNothing()
      .returning({ id: tiers.id });
    if (!made) throw new TierCodeTaken(input.code);
    await writePrices(tx, id, wantedPrices(input, currency, []));
    const tier = await getTier(tx, platformId, input.code);
    await recordAudit(tx, context.actor, context.now, {
      action: 'tier.created',
      entity: 'tier',
      entityId: id,
      platformId,
      after: facts(tier),
    });
    return tier;
  });
}

/**
 * Changes a tier: what is not named stays. A changed price becomes a new row; the old one stays for those who pay it and
 * at Stripe until the next push. With `revision`, one that is no longer current is refused: nothing is overwritten unseen.
 * @throws TierNotFound, EditConflict, ValidationFailed
 */
export async function updateTier(
  db: Db,
  platformId: string,
  tierCode: string,
  patch: TierPatch,
  context: Context,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const before = await lockTier(tx, platformId, tierCode);
    if (patch.revision !== undefined && patch.revision !== before.revision)
      throw new EditConflict(before.revision);
    const currency = await currencyOf(tx, platformId);
    const changes = columns(patch);
    if (Object.keys(changes).length > 0) await tx.update(tiers).set(changes).where(eq(tiers.id, before.id));
    await writePrices(tx, before.id, wantedPrices(patch, currency, before.prices));
    const after = await getTier(tx, platformId, tierCode);
    const changed = changedFields<Record<string, unknown>>(facts(before), facts(after));
    if (!changed) return before;
    await tx
      .update(tiers)
      .set({ revision: sql`${tiers.revision} + 1`, updatedAt: new Date() })
      .where(eq(tiers.id, before.id));
    await recordAudit(tx, context.actor, context.now, {
      action: 'tier.updated',
      entity: 'tier',
      entityId: before.id,
      platformId,
      ...changed,
    });
    return getTier(tx, platformId, tierCode);
  });
}

/** Deletes a tier that nobody ever subscribed to. @throws TierNotFound, TierInUse */
export async function deleteTier(
  db: Db,
  platformId: string,
  tierCode: string,
  context: Context,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const tier = await lockTier(tx, platformId, tierCode);
    const [used] = await tx.execute<{ current: string; ever: string; role: boolean }>(sql`
      select count(*) filter (where ${subscriptions.isCurrent}) as current, count(*) as ever,
        exists (select 1 from ${platforms} where ${platforms.id} = ${platformId}
          and ${tierCode} in (${platforms.trialTierCode}, ${platforms.fallbackTierCode})) as role
      from ${subscriptions} where ${subscriptions.tierId} = ${tier.id} or ${subscriptions.pendingTierId} = ${tier.id}`);
    if (Number(used?.ever ?? 0) > 0 || used?.role) {
      throw new TierInUse({ tier_code: tierCode, subscribers: Number(used?.current ?? 0) });
    }
    await tx.delete(tiers).where(eq(tiers.id, tier.id));
    await recordAudit(tx, context.actor, context.now, {
      action: 'tier.deleted',
      entity: 'tier',
      entityId: tier.id,
      platformId,
      before: facts(tier),
    });
    return tier;
  });
}

/**
 * "New subscribers only": a copy of the tier, with its prices and limits, becomes the public one; the old turns private
 * and is still served. Edit the copy, then push it to Stripe.
 * @throws TierNotFound, TierCodeTaken, EditConflict
 */
export async function saveAsSuccessor(
  db: Db,
  platformId: string,
  tierCode: string,
  input: { code: string; name?: string; revision?: number },
  context: Context,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const old = await lockTier(tx, platformId, tierCode);
    if (input.revision !== undefined && input.revision !== old.revision) throw new EditConflict(old.revision);
    const id = newId('tier');
    const [made] = await tx
      .insert(tiers)
      .values({
        id,
        platformId,
        code: code.parse(input.code),
        name: input.name ?? old.name,
        description: old.description,
        isActive: true,
        isPublic: true,
        isSelfService: old.isSelfService,
        displayOrder: old.displayOrder,
        trialDays: old.trialDays,
      })
      .onConflictDoNothing()
      .returning({ id: tiers.id });
    if (!made) throw new TierCodeTaken(input.code);
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
    const successor = await getTier(tx, platformId, input.code);
    await recordAudit(tx, context.actor, context.now, [
      {
        action: 'tier.succeeded',
        entity: 'tier',
        entityId: old.id,
        platformId,
        before: { isPublic: old.isPublic },
        after: { isPublic: false, successor: input.code },
      },
      { action: 'tier.created', entity: 'tier', entityId: id, platformId, after: facts(successor) },
    ]);
    return successor;
  });
}

async function lockTier(tx: Tx, platformId: string, tierCode: string): Promise<Tier> {
  const [row] = await tx
    .select({ id: tiers.id })
    .from(tiers)
    .where(and(eq(tiers.platformId, platformId), eq(tiers.code, tierCode)))
    .for('update');
  if (!row) throw new TierNotFound(tierCode);
  return getTier(tx, platformId, tierCode);
}

async function currencyOf(tx: Tx, platformId: string): Promise<string> {
  const [row] = await tx
    .select({ currency: platforms.defaultCurrency })
    .from(platforms)
    .where(eq(platforms.id, platformId));
  return row?.currency ?? 'EUR';
}

function columns(input: TierPatch | NewTier) {
  const named = {
    name: input.name,
    description: input.description,
    isActive: input.is_active,
    isPublic: input.is_public,
    isSelfService: input.is_self_service,
    displayOrder: input.display_order,
    trialDays: input.trial_days,
    stripeProductId: input.stripe_product_id,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as Partial<
    typeof named
  >;
}

type WantedPrice = {
  currency: string;
  interval: 'month' | 'year';
  unitAmount: number;
  stripePriceId?: string | null;
};

/** The prices as they shall be; undefined = as they are. */
function wantedPrices(
  input: TierPatch | NewTier,
  currency: string,
  current: WantedPrice[],
): WantedPrice[] | undefined {
  const { prices, price_monthly_cents: month, price_annual_cents: year } = input;
  if (prices === undefined && month === undefined && year === undefined) return undefined;
  const wanted: WantedPrice[] =
    prices?.map((price) => ({
      currency: price.currency,
      interval: price.interval,
      unitAmount: price.unit_amount,
      stripePriceId: price.stripe_price_id,
    })) ??
    current.map(({ currency: in_, interval, unitAmount }) => ({ currency: in_, interval, unitAmount }));
  const keys = wanted.map((price) => `${price.currency} ${price.interval}`);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (twice >= 0)
    throw invalid(`prices[${twice}]`, 'repeated', 'has the currency and interval of another price');
  const set = (interval: 'month' | 'year', amount: number | null | undefined) => {
    if (amount === undefined) return;
    const index = wanted.findIndex((price) => price.currency === currency && price.interval === interval);
    if (index >= 0) wanted.splice(index, 1);
    if (amount !== null) wanted.push({ currency, interval, unitAmount: amount });
  };
  set('month', month);
  set('year', year);
  return wanted;
}

/** Archives what is no longer wanted or costs otherwise, and adds what is new. */
async function writePrices(tx: Tx, tierId: string, wanted: WantedPrice[] | undefined): Promise<void> {
  if (!wanted) return;
  const current = await tx
    .select()
    .from(tierPrices)
    .where(and(eq(tierPrices.tierId, tierId), isNull(tierPrices.archivedAt)));
  const same = (a: WantedPrice, b: WantedPrice) => a.currency === b.currency && a.interval === b.interval;
  for (const row of current) {
    const next = wanted.find((price) => same(price, row));
    if (
      next &&
      next.unitAmount === row.unitAmount &&
      (next.stripePriceId ?? row.stripePriceId) === row.stripePriceId
    )
      continue;
    await tx.update(tierPrices).set({ archivedAt: new Date() }).where(eq(tierPrices.id, row.id));
  }
  for (const price of wanted) {
    const row = current.find((one) => same(one, price));
    if (
      row &&
      row.unitAmount === price.unitAmount &&
      (price.stripePriceId ?? row.stripePriceId) === row.stripePriceId
    )
      continue;
    await tx.insert(tierPrices).values({ id: newId('tpr'), tierId, ...price });
  }
}

/** What the audit trail shows of a tier. */
function facts(tier: Tier): Record<string, unknown> {
  const { name, description, isActive, isPublic, isSelfService, displayOrder, trialDays, stripeProductId } =
    tier;
  const prices = tier.prices
    .map((price) => `${price.unitAmount} ${price.currency} / ${price.interval}`)
    .sort();
  return {
    name,
    description,
    isActive,
    isPublic,
    isSelfService,
    displayOrder,
    trialDays,
    stripeProductId,
    prices,
  };
}
