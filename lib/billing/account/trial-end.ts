import { and, asc, eq, gt, isNull, lte } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { subscriptions } from '@/db/schema';
import { record } from '@/lib/billing/audit';
import { findRecipient, queueEmail } from '@/lib/billing/notices';
import { addDays } from '@/lib/time';

/**
 * Ends local trials that ran out, a batch at a time, one transaction per merchant. Their status becomes `expired`; what
 * they have stays. Safe to run twice and on several nodes.
 */
export async function expireTrials(db: Db, now: Date): Promise<{ expired: number }> {
  let expired = 0;
  for (;;) {
    const due = await db
      .select({ id: subscriptions.id })
      .from(subscriptions)
      .where(
        and(
          isNull(subscriptions.stripeSubscriptionId),
          eq(subscriptions.status, 'trialing'),
          lte(subscriptions.trialEnd, now),
        ),
      )
      .orderBy(asc(subscriptions.trialEnd))
      .limit(500);
    if (due.length === 0) return { expired };
    for (const { id } of due) expired += (await db.transaction((tx) => expireTrial(tx, id, now))) ? 1 : 0;
  }
}

async function expireTrial(tx: Tx, id: string, now: Date): Promise<boolean> {
  const [row] = await tx
    .update(subscriptions)
    .set({ status: 'expired', endedAt: now, updatedAt: new Date() })
    .where(
      and(eq(subscriptions.id, id), eq(subscriptions.status, 'trialing'), lte(subscriptions.trialEnd, now)),
    )
    .returning();
  if (!row) return false;
  await record(
    tx,
    { actor: { kind: 'job', id: 'check_trial_expirations' }, now },
    'trial.expired',
    { id, merchantId: row.merchantId, platformId: row.platformId },
    { before: { status: 'trialing' }, after: { status: 'expired' } },
  );
  const to = await findRecipient(tx, row.merchantId);
  if (to)
    await queueEmail(tx, {
      key: `trial_ended:${id}`,
      template: 'trial_ended',
      ...to,
      merchantId: row.merchantId,
      data: {},
      at: now,
    });
  return true;
}

/** Asks for the e-mails of local trials that end within three days. Once per trial. */
export async function announceTrialEnds(db: Db, now: Date): Promise<{ announced: number }> {
  const ending = await db
    .select({ id: subscriptions.id, merchantId: subscriptions.merchantId, trialEnd: subscriptions.trialEnd })
    .from(subscriptions)
    .where(
      and(
        isNull(subscriptions.stripeSubscriptionId),
        eq(subscriptions.status, 'trialing'),
        gt(subscriptions.trialEnd, now),
        lte(subscriptions.trialEnd, addDays(now, 3)),
      ),
    );
  for (const trial of ending) {
    await db.transaction(async (tx) => {
      const to = await findRecipient(tx, trial.merchantId);
      if (!to) return;
      await queueEmail(tx, {
        key: `trial_ending:${trial.id}`,
        template: 'trial_ending',
        ...to,
        merchantId: trial.merchantId,
        data: { trialEnd: trial.trialEnd?.toISOString() ?? null },
        at: now,
      });
    });
  }
  return { announced: ending.length };
}
