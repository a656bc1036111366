import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { readRows } from '@/db/rows';
import { merchants, usageCounters, usageDrifts } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { listEntitlementFacts } from '@/lib/billing/entitlements/fact-rows';
import { accountKey, type Feature, isMetered, type Metered, type Use } from '@/lib/billing/features';
import { type AccountMonth, countLive, startOf } from './live-count';

const BATCH = 500;

export type Reconciled = { accounts: number; drifts: number };

/**
 * Compares every counter with the live count (its module's rows and what was reported), records where they differ, and
 * repairs. The comparison takes no lock; a difference is counted again under the counter row's own lock, which every
 * `consume` and `release` takes first: so it never runs over one that is under way. Safe to run twice and on several nodes.
 */
export async function reconcileUsage(
  db: Db,
  features: readonly Feature[],
  now: Date,
  options: { merchantId?: string } = {},
): Promise<Reconciled> {
  const result: Reconciled = { accounts: 0, drifts: 0 };
  const metered = features.filter(isMetered);
  for await (const accounts of everyAccount(db, options.merchantId)) {
    result.accounts += accounts.length;
    const facts = await listEntitlementFacts(db, accounts, now);
    const months = accounts.flatMap((account) => {
      const month = facts.get(accountKey(account))?.month;
      return month ? [{ ...account, month }] : [];
    });
    for (const feature of metered) {
      const live = await countLive(db, feature, months);
      for (const account of months) {
        const key = accountKey(account);
        const counted = facts.get(key)?.used[feature.code] ?? NOTHING;
        if (isSame(counted, live.get(key) ?? NOTHING)) continue;
        const drifted = await db.transaction((tx) => repair(tx, feature, account, now));
        result.drifts += drifted ? 1 : 0;
      }
    }
  }
  return result;
}

const NOTHING: Use = { total: 0, byStore: {} };

function isSame(a: Use, b: Use): boolean {
  if (a.total !== b.total) return false;
  const stores = new Set([...Object.keys(a.byStore), ...Object.keys(b.byStore)]);
  return [...stores].every((store) => (a.byStore[store] ?? 0) === (b.byStore[store] ?? 0));
}

export type UsageDrift = typeof usageDrifts.$inferSelect & { merchantName: string };

/** The counters that were found wrong and put right, the latest first. */
export function listUsageDrifts(db: Db, limit = 20): Promise<UsageDrift[]> {
  return db
    .select({ ...getTableColumns(usageDrifts), merchantName: merchants.name })
    .from(usageDrifts)
    .innerJoin(merchants, eq(merchants.id, usageDrifts.merchantId))
    .orderBy(desc(usageDrifts.at), desc(usageDrifts.id))
    .limit(limit);
}

/** Counts again under the lock and sets the counter right. Answers whether the total was wrong. */
async function repair(tx: Tx, feature: Metered, account: AccountMonth, now: Date): Promise<boolean> {
  const { merchantId, platformId } = account;
  const key = { merchantId, platformId, featureCode: feature.code, periodStart: startOf(feature, account) };
  const row = and(
    ofAccount(usageCounters, { merchantId, platformId }),
    eq(usageCounters.featureCode, feature.code),
    eq(usageCounters.periodStart, key.periodStart),
  );
  await tx
    .insert(usageCounters)
    .values({ ...key, used: 0 })
    .onConflictDoNothing();
  const [counter] = await tx.select().from(usageCounters).where(row).for('update');
  const live = (await countLive(tx, feature, [account])).get(accountKey(account)) ?? NOTHING;
  const counted = { total: counter?.used ?? 0, byStore: counter?.byStore ?? {} };
  if (isSame(counted, live)) return false;
  const byStore = Object.fromEntries(Object.entries(live.byStore).filter(([, units]) => units !== 0));
  await tx.update(usageCounters).set({ used: live.total, byStore }).where(row);
  if (counted.total === live.total) return false;
  await tx
    .insert(usageDrifts)
    .values({ id: newId('dri'), ...key, counted: counted.total, live: live.total, at: now, repairedAt: now });
  return true;
}

/** Every account that may use something, a batch at a time: those with a store, and those with a billing row. */
async function* everyAccount(db: Db, merchantId?: string): AsyncGenerator<Account[]> {
  const only = merchantId ? sql`and merchant_id = ${merchantId}` : sql``;
  for (let last: Account = { merchantId: '', platformId: '' }; ; ) {
    const after = sql`(merchant_id, platform_id) > (${last.merchantId}, ${last.platformId}) ${only}`;
    const statement = sql`
      (select distinct merchant_id, platform_id from stores where ${after} order by 1, 2 limit ${BATCH}::int)
      union
      (select merchant_id, platform_id from billing_accounts where ${after} order by 1, 2 limit ${BATCH}::int)
      order by 1, 2 limit ${BATCH}::int`;
    const accounts = await readRows<Account>(db, statement);
    const end = accounts.at(-1);
    if (!end) return;
    last = end;
    yield accounts;
  }
}
