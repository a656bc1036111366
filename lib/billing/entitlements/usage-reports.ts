import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { stores, usageReports } from '@/db/schema';
import { type Account, currentMonth, findAccount, ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { NothingToRelease } from '@/lib/billing/errors';
import { EPOCH, type Metered } from '@/lib/billing/features';
import { NotFound } from '@/lib/errors';
import { calendarMonth } from './fact-rows';
import { consume, release } from './limits';

type Report = { quantity: number; storeId: string | null; actor: Actor; now: Date };

/**
 * Takes units that live outside this database: a report row beside the counter, so that the live count has them too.
 * @throws LimitReached, FeatureNotInPlan, ValidationFailed on `quantity`
 */
export async function reportUsage(tx: Tx, account: Account, feature: Metered, report: Report): Promise<void> {
  await consume(tx, account, feature, report.quantity, report);
  await writeReport(tx, account, feature, report, report.quantity);
}

/**
 * Gives reported units back, of the running month for a flow. Only what was reported, by the same store, can be: a module's
 * own rows are given back by deleting them.
 * @throws NothingToRelease, ValidationFailed on `quantity`
 */
export async function releaseUsage(
  tx: Tx,
  account: Account,
  feature: Metered,
  report: Report,
): Promise<void> {
  const { quantity, storeId } = report;
  // The counter first: its row is the lock that lets no two calls give back the same units.
  await release(tx, account, feature, quantity, report);
  const [reported] = await tx
    .select({ sum: sql<string>`coalesce(sum(${usageReports.quantity}), 0)` })
    .from(usageReports)
    .where(
      and(
        ofAccount(usageReports, account),
        eq(usageReports.featureCode, feature.code),
        eq(usageReports.periodStart, await periodStart(tx, account, feature, report.now)),
        storeId === null ? isNull(usageReports.storeId) : eq(usageReports.storeId, storeId),
      ),
    );
  const current = Number(reported?.sum ?? 0);
  if (current < quantity) {
    throw new NothingToRelease({ feature: feature.code, current, requested: quantity });
  }
  await writeReport(tx, account, feature, report, -quantity);
}

async function writeReport(tx: Tx, account: Account, feature: Metered, report: Report, quantity: number) {
  await tx.insert(usageReports).values({
    id: newId('rep'),
    merchantId: account.merchantId,
    platformId: account.platformId,
    storeId: report.storeId,
    featureCode: feature.code,
    periodStart: await periodStart(tx, account, feature, report.now),
    quantity,
    reportedBy: `${report.actor.kind}:${report.actor.id}`,
    at: report.now,
  });
}

/** The start of the period in which a unit counts now. */
async function periodStart(tx: Tx, account: Account, feature: Metered, now: Date): Promise<Date> {
  if (feature.kind === 'stock') return EPOCH;
  const kept = await findAccount(tx, account);
  return (kept ? currentMonth(kept, now) : calendarMonth(now)).start;
}

/** A store of the account by code or id. @throws NotFound, also for another account's store */
export async function getStoreOf(tx: Tx, account: Account, codeOrId: string): Promise<{ id: string }> {
  const [store] = await tx
    .select({ id: stores.id })
    .from(stores)
    .where(
      and(ofAccount(stores, account), sql`(${stores.code} = ${codeOrId} or ${stores.id} = ${codeOrId})`),
    );
  if (!store) throw new NotFound('store', codeOrId);
  return store;
}
