import { and, desc, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { creditLedger, creditWallets } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { type Cursor, olderThan } from '@/lib/page';

export type Bucket = 'monthly' | 'purchased';

type Kind = 'grant' | 'purchase' | 'spend' | 'expire' | 'refund' | 'adjust';

export type Balance = { monthly: number; purchased: number };

/** Locks the wallet for the caller's transaction, making it when there is none. */
export async function lockWallet(tx: Tx, account: Account): Promise<Balance> {
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
export async function book(
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
