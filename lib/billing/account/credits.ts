import { and, eq } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { creditLedger } from '@/db/schema';
import { type Account, holdAccount, ofAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { InsufficientCredits } from '@/lib/billing/errors';
import { IdempotencyConflict, invalid } from '@/lib/errors';
import { type Balance, type Bucket, book, lockWallet } from './wallet';

/**
 * An admin gives (positive) or takes (negative) purchased credits, with a reason; never below zero. Ledger, wallet and
 * audit row are written together. The same key moves them once and answers the balance again.
 * @throws InsufficientCredits, IdempotencyConflict for the same key with another amount, NotFound, MerchantClosed: nothing is
 *   moved
 */
export async function adjustCredits(
  db: Db,
  account: Account,
  input: { amount: number; reason: string; key: string; actor: Actor; now: Date },
): Promise<Balance> {
  const { amount, reason, key, actor, now } = input;
  return db.transaction(async (tx) => {
    await holdAccount(tx, account);
    const wallet = await lockWallet(tx, account);
    const sourceKey = `adjust:${key}`;
    const [earlier] = await tx
      .select({ amount: creditLedger.amount })
      .from(creditLedger)
      .where(and(ofAccount(creditLedger, account), eq(creditLedger.sourceKey, sourceKey)));
    if (earlier) {
      if (earlier.amount !== amount) throw new IdempotencyConflict();
      return wallet;
    }
    if (wallet.purchased + amount < 0) throw new InsufficientCredits({ requested: -amount, ...wallet });
    const written = await book(tx, account, {
      kind: 'adjust',
      bucket: 'purchased',
      amount,
      reason,
      sourceKey,
      actor,
      at: now,
    });
    if (!written) return wallet;
    const after = { ...wallet, purchased: wallet.purchased + amount };
    await record(
      tx,
      { actor, now },
      'credits.adjusted',
      { id: key, ...account },
      { before: wallet, after: { amount, ...after }, reason },
    );
    return after;
  });
}

/**
 * Spends credits in the caller's transaction: monthly first, then purchased. The same key spends once and answers the
 * same again.
 * @throws InsufficientCredits (402), IdempotencyConflict (409) for the same key with another amount: nothing is spent
 */
export async function consumeCredits(
  tx: Tx,
  account: Account,
  input: { amount: number; reason: string; key: string; actor: Actor; now: Date },
): Promise<{ spent: Balance; balance: Balance }> {
  if (!Number.isSafeInteger(input.amount) || input.amount <= 0) {
    throw invalid('amount', 'positive_integer', 'must be a whole number above 0');
  }
  const wallet = await lockWallet(tx, account);
  const sourceKey = `key:${input.key}`;
  const earlier = await tx
    .select({ bucket: creditLedger.bucket, amount: creditLedger.amount })
    .from(creditLedger)
    .where(and(ofAccount(creditLedger, account), eq(creditLedger.sourceKey, sourceKey)));
  if (earlier.length > 0) {
    if (earlier.reduce((sum, line) => sum - line.amount, 0) !== input.amount) throw new IdempotencyConflict();
    const spentFrom = (bucket: Bucket) => 0 - (earlier.find((line) => line.bucket === bucket)?.amount ?? 0);
    return { spent: { monthly: spentFrom('monthly'), purchased: spentFrom('purchased') }, balance: wallet };
  }
  if (wallet.monthly + wallet.purchased < input.amount) {
    throw new InsufficientCredits({ requested: input.amount, ...wallet });
  }
  const spent = { monthly: Math.min(wallet.monthly, input.amount), purchased: 0 };
  spent.purchased = input.amount - spent.monthly;
  for (const bucket of ['monthly', 'purchased'] as const) {
    await book(tx, account, {
      kind: 'spend',
      bucket,
      amount: -spent[bucket],
      reason: input.reason,
      sourceKey,
      actor: input.actor,
      at: input.now,
    });
  }
  return {
    spent,
    balance: { monthly: wallet.monthly - spent.monthly, purchased: wallet.purchased - spent.purchased },
  };
}
