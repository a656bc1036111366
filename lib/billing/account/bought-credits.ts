import { and, eq, like, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { creditLedger } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { book, lockWallet } from './wallet';

/** Adds bought credits, once per Checkout session. */
export async function grantPurchase(
  tx: Tx,
  account: Account,
  purchase: { sessionId: string; credits: number; packageCode: string; at: Date; actor: Actor },
): Promise<boolean> {
  await lockWallet(tx, account);
  return book(tx, account, {
    kind: 'purchase',
    bucket: 'purchased',
    amount: purchase.credits,
    reason: purchase.packageCode,
    sourceKey: `session:${purchase.sessionId}`,
    actor: purchase.actor,
    at: purchase.at,
  });
}

/**
 * Takes bought credits back up to `total` for one session, as far as the wallet holds them: what was spent is spent, a
 * balance never goes below zero. Repeating it, or a larger refund later, only takes the rest.
 */
export async function takeBackPurchase(
  tx: Tx,
  account: Account,
  refund: { sessionId: string; total: number; at: Date; actor: Actor },
): Promise<number> {
  const wallet = await lockWallet(tx, account);
  const [taken] = await tx
    .select({ sum: sql<string>`coalesce(-sum(${creditLedger.amount}), 0)` })
    .from(creditLedger)
    .where(
      and(ofAccount(creditLedger, account), like(creditLedger.sourceKey, `refund:${refund.sessionId}:%`)),
    );
  const rest = Math.min(refund.total - Number(taken?.sum ?? 0), wallet.purchased);
  if (rest <= 0) return 0;
  await book(tx, account, {
    kind: 'refund',
    bucket: 'purchased',
    amount: -rest,
    reason: 'refunded',
    sourceKey: `refund:${refund.sessionId}:${refund.total}`,
    actor: refund.actor,
    at: refund.at,
  });
  return rest;
}

/** Takes back the share of a session's credits whose money went back. What was never granted is not taken. */
export async function takeBackShare(
  tx: Tx,
  account: Account,
  sessionId: string,
  share: number,
  context: { actor: Actor; now: Date },
): Promise<number> {
  const [bought] = await tx
    .select({ amount: creditLedger.amount })
    .from(creditLedger)
    .where(and(ofAccount(creditLedger, account), eq(creditLedger.sourceKey, `session:${sessionId}`)));
  if (!bought) return 0;
  const total = Math.round(bought.amount * Math.min(1, share));
  return takeBackPurchase(tx, account, { sessionId, total, at: context.now, actor: context.actor });
}
