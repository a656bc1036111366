import { and, desc, eq, inArray, isNull, ne } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { billingAccounts, storeAddOns, subscriptions } from '@/db/schema';
import { type Account, findAccount, moveAnchor, ofAccount, openAccount } from '@/lib/billing/accounts';
import { type Act, entry, recordAll } from '@/lib/billing/audit';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { resolveGrant } from '@/lib/billing/entitlements/grant';
import { monthlyCredits } from '@/lib/billing/features';
import { LIVE } from '@/lib/billing/statuses';
import { enqueue } from '@/lib/queue';
import { openCreditMonth } from './credit-month';

type Row = typeof subscriptions.$inferSelect;

/**
 * Which of an account's subscriptions counts: one that lives at Stripe, else a running local trial or comp, else an
 * incomplete one, else the latest that ended. Among equals the later start, then the later id, so that any order of
 * events ends in the same answer. An `incomplete` subscription never takes the place of a running trial.
 */
export function chooseCurrent<
  T extends Pick<Row, 'id' | 'status' | 'stripeSubscriptionId' | 'startedAt' | 'endedAt'>,
>(rows: T[]): T | null {
  const rank = (row: T) => {
    if (row.stripeSubscriptionId) return LIVE.includes(row.status) ? 3 : row.status === 'incomplete' ? 1 : 0;
    return LIVE.includes(row.status) && !row.endedAt ? 2 : 0;
  };
  const order = (row: T) => `${rank(row)}:${row.startedAt.toISOString()}:${row.stripeSubscriptionId ?? ''}`;
  return rows.reduce<T | null>((best, row) => (best && order(best) >= order(row) ? best : row), null);
}

/**
 * After a subscription changed: chooses the current one, ends a local trial that was converted, moves the billing month
 * when the anchor moved, grants the month's credits, and has add-ons without a live plan ended.
 */
export async function refreshAccount(
  tx: Tx,
  account: Account,
  changed: { anchorAt: Date; stripeSubscriptionId: string },
  context: Act,
): Promise<void> {
  const { now } = context;
  const rows = await tx
    .select()
    .from(subscriptions)
    .where(ofAccount(subscriptions, account))
    .orderBy(desc(subscriptions.startedAt));
  const converted = rows.filter((row) => !row.stripeSubscriptionId && !row.endedAt && isConverted(row, rows));
  if (converted.length > 0) {
    const after = { status: 'expired' as const, endedAt: now };
    await tx
      .update(subscriptions)
      .set({ ...after, updatedAt: new Date() })
      .where(
        inArray(
          subscriptions.id,
          converted.map((row) => row.id),
        ),
      );
    await recordAll(
      tx,
      { actor: context.actor, now },
      converted.map(({ id, status }) =>
        entry('subscription.converted', { id, ...account }, { before: { status }, after }),
      ),
    );
    for (const row of converted) Object.assign(row, after);
  }
  const current = chooseCurrent(rows);
  if (!current) return;
  await makeCurrent(tx, account, current, now);
  if (current.stripeSubscriptionId === changed.stripeSubscriptionId && LIVE.includes(current.status)) {
    await moveMonth(tx, account, changed.anchorAt, now);
  }
  await grantMonth(tx, account, context);
  if (!LIVE.includes(current.status)) await askToEndAddOns(tx, account);
}

/** A local trial or comp ends when something lives at Stripe, or lived there since; an earlier, ended one says nothing. */
const isConverted = (local: Row, rows: Row[]) =>
  rows.some(
    (row) =>
      row.stripeSubscriptionId !== null &&
      (LIVE.includes(row.status) || (row.status === 'canceled' && row.startedAt >= local.startedAt)),
  );

/** Makes one subscription the account's current one. */
export async function makeCurrent(tx: Tx, account: Account, current: Row, now: Date): Promise<void> {
  await openAccount(tx, account, now);
  if (current.isCurrent) return;
  await tx
    .update(subscriptions)
    .set({ isCurrent: false })
    .where(
      and(
        ofAccount(subscriptions, account),
        eq(subscriptions.isCurrent, true),
        ne(subscriptions.id, current.id),
      ),
    );
  await tx.update(subscriptions).set({ isCurrent: true }).where(eq(subscriptions.id, current.id));
  await tx.update(billingAccounts).set({ currentSubscriptionId: current.id }).where(accountRow(account));
}

const accountRow = (account: Account) => ofAccount(billingAccounts, account);

async function moveMonth(tx: Tx, account: Account, anchorAt: Date, now: Date): Promise<void> {
  const kept = await findAccount(tx, account);
  if (!kept || kept.anchorAt.getTime() === anchorAt.getTime()) return;
  await tx
    .update(billingAccounts)
    .set(moveAnchor(kept, anchorAt, now))
    .where(accountRow(account));
}

/** Brings the running month's credits to what the account is entitled to now, overrides and add-ons included. */
export async function grantMonth(tx: Tx, account: Account, context: Act): Promise<void> {
  const { actor, now } = context;
  const facts = await loadEntitlementFacts(tx, account, now);
  const { grant } = resolveGrant(facts, monthlyCredits, now);
  await openCreditMonth(tx, account, facts.month, grant.enabled ? (grant.limit ?? 0) : 0, actor, now);
}

/** Add-ons end with the plan. Stripe is told by the worker: no network call while a transaction is open. */
export async function askToEndAddOns(tx: Tx, account: Account): Promise<void> {
  const [open] = await tx
    .select({ id: storeAddOns.id })
    .from(storeAddOns)
    .where(and(ofAccount(storeAddOns, account), isNull(storeAddOns.endedAt)))
    .limit(1);
  if (open)
    await enqueue(
      tx,
      'end_add_ons',
      { ...account },
      { key: `end_add_ons:${account.merchantId}:${account.platformId}` },
    );
}
