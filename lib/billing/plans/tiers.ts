import { and, asc, count, eq, inArray, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { platforms, subscriptions, tierLimits, tierPrices, tiers } from '@/db/schema';
import { TierNotFound } from '@/lib/billing/errors';
import { LIVE } from '@/lib/billing/statuses';
import { NotFound } from '@/lib/errors';

export type TierRow = typeof tiers.$inferSelect;
export type PriceRow = typeof tierPrices.$inferSelect;
export type LimitRow = typeof tierLimits.$inferSelect;

/** A tier with what it costs now and what it grants. */
export type Tier = TierRow & { prices: PriceRow[]; limits: LimitRow[] };

/** A platform's tiers in their order, with prices and limits: three statements whatever their number. */
export async function listTiers(
  db: Db,
  platformId: string,
  filter: { publicOnly?: boolean } = {},
): Promise<Tier[]> {
  const rows = await db
    .select()
    .from(tiers)
    .where(
      and(
        eq(tiers.platformId, platformId),
        filter.publicOnly ? and(eq(tiers.isActive, true), eq(tiers.isPublic, true)) : undefined,
      ),
    )
    .orderBy(asc(tiers.displayOrder), asc(tiers.code));
  return withPricesAndLimits(db, rows);
}

/** What the tiers of all platforms are called, in their order. */
export const listTierNames = (db: Db) =>
  db
    .select({ code: tiers.code, name: tiers.name, platformId: tiers.platformId, isPublic: tiers.isPublic })
    .from(tiers)
    .orderBy(asc(tiers.platformId), asc(tiers.displayOrder), asc(tiers.code));

/** One tier of a platform by code. @throws TierNotFound */
export async function getTier(db: Db, platformId: string, code: string): Promise<Tier> {
  const rows = await db
    .select()
    .from(tiers)
    .where(and(eq(tiers.platformId, platformId), eq(tiers.code, code)));
  const [tier] = await withPricesAndLimits(db, rows);
  if (!tier) throw new TierNotFound(code);
  return tier;
}

/** One tier by id, or null. */
export async function findTierById(db: Db, id: string): Promise<Tier | null> {
  const rows = await db.select().from(tiers).where(eq(tiers.id, id));
  const [tier] = await withPricesAndLimits(db, rows);
  return tier ?? null;
}

async function withPricesAndLimits(db: Db, rows: TierRow[]): Promise<Tier[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [prices, limits] = await Promise.all([
    db
      .select()
      .from(tierPrices)
      .where(and(inArray(tierPrices.tierId, ids), isNull(tierPrices.archivedAt)))
      .orderBy(asc(tierPrices.currency), asc(tierPrices.interval)),
    db.select().from(tierLimits).where(inArray(tierLimits.tierId, ids)),
  ]);
  return rows.map((row) => ({
    ...row,
    prices: prices.filter((price) => price.tierId === row.id),
    limits: limits.filter((limit) => limit.tierId === row.id),
  }));
}

/**
 * The tier that a subscriber of a tier no longer offered can be moved to: its successor, or that one's, the first that is
 * sold. Null when there is none.
 */
export function findSuccessor<T extends Pick<TierRow, 'id' | 'successorId' | 'isActive' | 'isPublic'>>(
  all: T[],
  tier: Pick<TierRow, 'id' | 'successorId'>,
): T | null {
  const seen = new Set([tier.id]);
  for (let id = tier.successorId; id && !seen.has(id); ) {
    seen.add(id);
    const next = all.find((one) => one.id === id);
    if (!next) return null;
    if (next.isActive && (next.isPublic || !next.successorId)) return next;
    id = next.successorId;
  }
  return null;
}

/** Whether those who have the tier keep it while it is not offered any more: it has a successor, or is private. */
export const isGrandfathered = (tier: Pick<TierRow, 'successorId' | 'isPublic'>): boolean =>
  tier.successorId !== null || !tier.isPublic;

/** Whether a tier that is sold has a price that Stripe does not know: nobody can buy it so before the next push. Pure. */
export const waitsForPush = (tier: Pick<Tier, 'isActive' | 'isSelfService' | 'prices'>): boolean =>
  tier.isActive && tier.isSelfService && tier.prices.some((price) => !price.stripePriceId);

/** The price of a tier in a currency and interval, or null when it is not sold so. */
export function findPrice(
  tier: Pick<Tier, 'prices'>,
  currency: string,
  interval: 'month' | 'year',
): PriceRow | null {
  return tier.prices.find((price) => price.currency === currency && price.interval === interval) ?? null;
}

/** How many accounts are on each of the tiers now, trials and unpaid ones too; what has ended does not count. */
export async function countSubscribers(db: Db, tierIds: string[]): Promise<Map<string, number>> {
  if (tierIds.length === 0) return new Map();
  const rows = await db
    .select({ tierId: subscriptions.tierId, count: count() })
    .from(subscriptions)
    .where(
      and(
        inArray(subscriptions.tierId, tierIds),
        eq(subscriptions.isCurrent, true),
        inArray(subscriptions.status, LIVE),
      ),
    )
    .groupBy(subscriptions.tierId);
  return new Map(rows.map((row) => [row.tierId, row.count]));
}

/** A platform's code, for the audit trail. @throws NotFound */
export async function platformCode(db: Db, platformId: string): Promise<string> {
  const [row] = await db.select({ code: platforms.code }).from(platforms).where(eq(platforms.id, platformId));
  if (!row) throw new NotFound('platform', platformId);
  return row.code;
}
