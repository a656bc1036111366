import { and, asc, eq, gt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingAccounts } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { log } from '@/lib/log';
import { addMonths, anchoredMonth } from '@/lib/time';
import { grantMonth } from './current';

const BATCH = 500;
const KEPT_MONTHS = 24;
const actor = { kind: 'job', id: 'reset_period_counters' } as const;

export type OpenedMonths = { opened: number; failed: number; pruned: number };

/**
 * Opens the billing month of every account whose kept month is over, with its monthly credits, one transaction each; a
 * counter opens itself with the first unit. Prunes the counters of months that are more than 24 months old. A merchant
 * that fails is logged and tried again the next time. Safe to run twice and on several nodes.
 */
export async function openMonths(db: Db, now: Date): Promise<OpenedMonths> {
  const result: OpenedMonths = { opened: 0, failed: 0, pruned: 0 };
  for (let last: Account = { merchantId: '', platformId: '' }; ; ) {
    const due = await db
      .select({ merchantId: billingAccounts.merchantId, platformId: billingAccounts.platformId })
      .from(billingAccounts)
      .where(
        and(
          lte(billingAccounts.monthEnd, now),
          or(
            gt(billingAccounts.merchantId, last.merchantId),
            and(
              eq(billingAccounts.merchantId, last.merchantId),
              gt(billingAccounts.platformId, last.platformId),
            ),
          ),
        ),
      )
      .orderBy(asc(billingAccounts.merchantId), asc(billingAccounts.platformId))
      .limit(BATCH);
    const end = due.at(-1);
    if (!end) break;
    last = end;
    for (const account of due) {
      try {
        result.opened += (await openMonth(db, account, now)) ? 1 : 0;
      } catch (error) {
        result.failed++;
        log.error({ err: error, ...account }, 'the billing month was not opened');
      }
    }
  }
  result.pruned = await pruneCounters(db, now);
  return result;
}

async function openMonth(db: Db, account: Account, now: Date): Promise<boolean> {
  return db.transaction(async (tx) => {
    const row = ofAccount(billingAccounts, account);
    const [kept] = await tx.select().from(billingAccounts).where(row).for('update');
    if (!kept || kept.monthEnd > now) return false; // another node was here
    const month = anchoredMonth(kept.anchorAt, now);
    await tx.update(billingAccounts).set({ monthStart: month.start, monthEnd: month.end }).where(row);
    await grantMonth(tx, account, { actor, now });
    return true;
  });
}

/** Deletes the counters of months that began more than 24 months ago; stocks (period at the epoch) stay. */
async function pruneCounters(db: Db, now: Date): Promise<number> {
  const oldest = addMonths(now, -KEPT_MONTHS).toISOString();
  for (let pruned = 0; ; ) {
    const gone = await db.execute(sql`
      delete from usage_counters where ctid = any(array(
        select ctid from usage_counters
        where period_start > 'epoch'::timestamptz and period_start < ${oldest}::timestamptz limit 5000))
      returning 1`);
    pruned += gone.length;
    if (gone.length < 5000) return pruned;
  }
}
