import { and, desc, eq, like, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { creditLedger } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { book, lockWallet } from './wallet';

/**
 * Brings the monthly credits to what the running month grants. A new month expires what is left and grants `entitled`;
 * within a month only a higher grant adds, by the difference, so that switching plans back and forth yields nothing.
 * Idempotent per month and amount.
 */
export async function openCreditMonth(
  tx: Tx,
  account: Account,
  month: { start: Date },
  entitled: number,
  actor: Actor,
  now: Date,
): Promise<void> {
  const key = `month:${month.start.toISOString().slice(0, 10)}`;
  const [latest] = await tx
    .select({ sourceKey: creditLedger.sourceKey })
    .from(creditLedger)
    .where(
      and(
        ofAccount(creditLedger, account),
        eq(creditLedger.kind, 'grant'),
        like(creditLedger.sourceKey, 'month:%'),
      ),
    )
    .orderBy(desc(creditLedger.at), desc(creditLedger.id))
    .limit(1);
  if (!latest && entitled === 0) return;
  const wallet = await lockWallet(tx, account);
  const [granted] = await tx
    .select({ sum: sql<string>`coalesce(sum(${creditLedger.amount}), 0)` })
    .from(creditLedger)
    .where(
      and(
        ofAccount(creditLedger, account),
        eq(creditLedger.kind, 'grant'),
        like(creditLedger.sourceKey, `${key}:%`),
      ),
    );
  const already = Number(granted?.sum ?? 0);
  const isNewMonth = already === 0 && latest !== undefined && !latest.sourceKey.startsWith(`${key}:`);
  if (isNewMonth && wallet.monthly > 0) {
    await book(tx, account, {
      kind: 'expire',
      bucket: 'monthly',
      amount: -wallet.monthly,
      reason: 'month_ended',
      sourceKey: `${key}:expire`,
      actor,
      at: now,
    });
  }
  if (entitled > already) {
    await book(tx, account, {
      kind: 'grant',
      bucket: 'monthly',
      amount: entitled - already,
      reason: 'monthly_grant',
      sourceKey: `${key}:upto:${entitled}`,
      actor,
      at: now,
    });
  }
}
