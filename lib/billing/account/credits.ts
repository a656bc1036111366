import { and, desc, eq, like, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { creditLedger, creditWallets } from '@/db/schema';
import { type Account, holdAccount, ofAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { InsufficientCredits } from '@/lib/billing/errors';
import { IdempotencyConflict, invalid } from '@/lib/errors';
import { type Cursor, olderThan } from '@/lib/page';

type Bucket = 'monthly' | 'purchased';
type Kind = 'grant' | 'purchase' | 'spend' | 'expire' | 'refund' | 'adjust';
export type Balance = { monthly: number; purchased: number };

/** Locks the wallet for the caller's transaction, making it when there is none. */
async function lockWallet(tx: Tx, account: Account): Promise<Balance> {
  await tx.insert(creditWallets).values(account).onConflictDoNothing();
  const [wallet] = await tx
    .select()
    .from(creditWallets)
    .where(ofAccount(creditWallets, account))
    .for('update');
  return { monthly: wallet?.monthly ?? 0, purchased: wallet?.purchased ?? 0 };
}

/**
 * Writes one line of the ledger and moves the wallet by it; a `sourceKey` that stands in the bucket already changes
 * nothing. Returns whether it was written. The wallet must be locked.
 */
async function book(
  tx: Tx,
  account: Account,
  line: {
    kind: Kind;
    bucket: Bucket;
    amount: number;
    reason: string;
    sourceKey: string;
    actor: Actor;
    at: Date;
  },
): Promise<boolean> {
  if (line.amount === 0) return false;
  const written = await tx
    .insert(creditLedger)
    .values({ id: newId('crl'), ...account, ...line, actor: `${line.actor.kind}:${line.actor.id}` })
    .onConflictDoNothing()
    .returning({ id: creditLedger.id });
  if (written.length === 0) return false;
  const column = line.bucket === 'monthly' ? creditWallets.monthly : creditWallets.purchased;
  await tx
    .update(creditWallets)
    .set({ [line.bucket]: sql`${column} + ${line.amount}` })
    .where(ofAccount(creditWallets, account));
  return true;
}

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

/** What the wallet holds now. */
export async function getBalance(db: Db, account: Account): Promise<Balance> {
  const [wallet] = await db.select().from(creditWallets).where(ofAccount(creditWallets, account));
  return { monthly: wallet?.monthly ?? 0, purchased: wallet?.purchased ?? 0 };
}

/** The ledger, newest first, by cursor. */
export async function listLedger(db: Db, account: Account, page: { limit: number; before?: Cursor }) {
  return db
    .select()
    .from(creditLedger)
    .where(and(ofAccount(creditLedger, account), olderThan(creditLedger.at, creditLedger.id, page.before)))
    .orderBy(desc(creditLedger.at), desc(creditLedger.id))
    .limit(page.limit);
}
