import { and, eq, inArray, isNull, lt, lte, notExists, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { checkoutSessions, invoices, subscriptions } from '@/db/schema';
import { entry, recordAll } from '@/lib/billing/audit';
import { addDays } from '@/lib/time';

const JOB = { kind: 'job' as const, id: 'cleanup_stale_subscriptions' };

/**
 * Closes checkout attempts older than 24 hours, and prunes subscriptions that ended more than two years ago and never had
 * an invoice; what had one is bookkeeping and stays. Audited. Safe to run twice.
 */
export async function cleanUpStale(db: Db, now: Date): Promise<{ closed: number; pruned: number }> {
  const closed = await db
    .update(checkoutSessions)
    .set({ status: 'expired' })
    .where(and(eq(checkoutSessions.status, 'open'), lt(checkoutSessions.createdAt, addDays(now, -1))))
    .returning({ id: checkoutSessions.id });
  let pruned = 0;
  for (;;) {
    const batch = await pruneBatch(db, now);
    pruned += batch;
    if (batch === 0) return { closed: closed.length, pruned };
  }
}

async function pruneBatch(db: Db, now: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const old = await tx
      .select()
      .from(subscriptions)
      .where(
        and(
          lte(subscriptions.endedAt, addDays(now, -730)),
          eq(subscriptions.isCurrent, false),
          inArray(subscriptions.status, ['canceled', 'incomplete_expired', 'expired']),
          notExists(
            tx
              .select({ one: sql`1` })
              .from(invoices)
              .where(eq(invoices.stripeSubscriptionId, subscriptions.stripeSubscriptionId)),
          ),
          isNull(subscriptions.pendingTierId),
        ),
      )
      .limit(200)
      .for('update', { skipLocked: true });
    if (old.length === 0) return 0;
    await tx.delete(subscriptions).where(
      inArray(
        subscriptions.id,
        old.map((row) => row.id),
      ),
    );
    await recordAll(
      tx,
      { actor: JOB, now },
      old.map((row) =>
        entry('subscription.pruned', row, {
          before: {
            status: row.status,
            endedAt: row.endedAt,
            stripeSubscriptionId: row.stripeSubscriptionId,
          },
        }),
      ),
    );
    return old.length;
  });
}
