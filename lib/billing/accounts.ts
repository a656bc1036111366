import { and, asc, eq, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Db, Tx } from '@/db/client';
import { billingAccounts, merchants, platforms } from '@/db/schema';
import { NotFound } from '@/lib/errors';
import { anchoredMonth } from '@/lib/time';
import { MerchantClosed } from './errors';

/** One merchant on one platform: whom everything in billing is about. */
export type Account = { merchantId: string; platformId: string };

/** What a table has of one account. */
export const ofAccount = (
  table: { merchantId: AnyPgColumn; platformId: AnyPgColumn },
  { merchantId, platformId }: Account,
) => and(eq(table.merchantId, merchantId), eq(table.platformId, platformId));

/** The kept month of an account; see `currentMonth`. */
export type KeptMonth = { anchorAt: Date; monthStart: Date; monthEnd: Date };

/**
 * The running billing month. While the kept month runs it holds, whatever happened to the anchor; after it the month
 * follows from the anchor. `consume` computes the same in SQL (a test holds them together).
 */
export function currentMonth(kept: KeptMonth, now: Date): { start: Date; end: Date } {
  if (now < kept.monthEnd) return { start: kept.monthStart, end: kept.monthEnd };
  return anchoredMonth(kept.anchorAt, now);
}

/**
 * The month after an anchor changed: the running month keeps its start and the units taken in it, and ends at the next
 * date of the new anchor. Switching back and forth thus never yields quota.
 */
export function moveAnchor(kept: KeptMonth, anchorAt: Date, now: Date): KeptMonth {
  if (anchorAt.getTime() === kept.anchorAt.getTime()) return kept;
  const running = currentMonth(kept, now);
  const { end } = anchoredMonth(anchorAt, now);
  return { anchorAt, monthStart: running.start, monthEnd: end };
}

/** Opens the account of a merchant on a platform, once; an existing one stays as it is. */
export async function openAccount(tx: Tx, account: Account, now: Date): Promise<void> {
  const month = anchoredMonth(now, now);
  await tx
    .insert(billingAccounts)
    .values({ ...account, anchorAt: now, monthStart: month.start, monthEnd: month.end })
    .onConflictDoNothing();
}

/**
 * For what a merchant is given or buys: it is there, and until the caller's transaction ends nobody closes it. Comes first
 * in a transaction. @throws NotFound, MerchantClosed
 */
export async function holdMerchant(tx: Tx, merchantId: string): Promise<void> {
  const [merchant] = await tx
    .select({ closedAt: merchants.closedAt })
    .from(merchants)
    .where(eq(merchants.id, merchantId))
    .for('share');
  if (!merchant) throw new NotFound('merchant', merchantId);
  if (merchant.closedAt) throw new MerchantClosed(merchantId);
}

/** The same for what is of one platform, which is there too. @throws NotFound, MerchantClosed */
export async function holdAccount(tx: Tx, { merchantId, platformId }: Account): Promise<void> {
  await holdMerchant(tx, merchantId);
  const [platform] = await tx
    .select({ id: platforms.id })
    .from(platforms)
    .where(eq(platforms.id, platformId));
  if (!platform) throw new NotFound('platform', platformId);
}

/** A platform by id or code, or 404. */
export async function getPlatform(db: Db, idOrCode: string) {
  const [platform] = await db
    .select()
    .from(platforms)
    .where(sql`${platforms.id} = ${idOrCode} or ${platforms.code} = ${idOrCode}`);
  if (!platform) throw new NotFound('platform', idOrCode);
  return platform;
}

/** All platforms, by code. */
export const listPlatforms = (db: Db) => db.select().from(platforms).orderBy(asc(platforms.code));

/** The platform that is meant: the one named by id or code, else the only one, else `market`. @throws NotFound */
export async function getPlatformOrDefault(db: Db, named: string | undefined) {
  if (named) return getPlatform(db, named);
  const [only, another] = await db.select().from(platforms).limit(2);
  return only && !another ? only : getPlatform(db, 'market');
}

/** The account's own row, or null for a pair that never met. */
export async function findAccount(db: Db, account: Account) {
  const [row] = await db.select().from(billingAccounts).where(ofAccount(billingAccounts, account));
  return row ?? null;
}
