import { and, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { invoices, storeAddOns, stripeDifferences, subscriptions } from '@/db/schema';
import { LIVE } from '@/lib/billing/statuses';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';

export type Difference = {
  entity: string;
  id: string;
  merchantId: string | null;
  kind: string;
  local: unknown;
  stripe: unknown;
  /** Repaired = it was safe and is done (in a dry run: would be). Otherwise a person decides. */
  repaired: boolean;
};

/** One that waits for a person, until said otherwise. */
export const difference = (
  entity: string,
  id: string,
  merchantId: string | null,
  kind: string,
  local: unknown,
  stripe: unknown,
): Difference => ({ entity, id, merchantId, kind, local, stripe, repaired: false });

/** Rows of ours that live and that Stripe does not know. */
export async function findOrphans(
  db: Db,
  merchantId: string,
  theirs: { subscriptions: string[]; bills: InvoiceSnapshot[] },
) {
  const known = new Set([...theirs.subscriptions, ...theirs.bills.map((bill) => bill.id)]);
  const [plans, addOnRows, bills] = await Promise.all([
    db
      .select({
        id: subscriptions.id,
        stripeId: subscriptions.stripeSubscriptionId,
        status: subscriptions.status,
      })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, merchantId),
          isNotNull(subscriptions.stripeSubscriptionId),
          inArray(subscriptions.status, LIVE),
        ),
      ),
    db
      .select({ id: storeAddOns.id, stripeId: storeAddOns.stripeSubscriptionId, status: storeAddOns.status })
      .from(storeAddOns)
      .where(and(eq(storeAddOns.merchantId, merchantId), isNull(storeAddOns.endedAt))),
    db
      .select({ id: invoices.id, stripeId: invoices.stripeInvoiceId, status: invoices.status })
      .from(invoices)
      .where(and(eq(invoices.merchantId, merchantId), eq(invoices.status, 'open'))),
  ]);
  const named = [
    ...plans.map((row) => ({ ...row, entity: 'subscription' })),
    ...addOnRows.map((row) => ({ ...row, entity: 'add_on' })),
    ...bills.map((row) => ({ ...row, entity: 'invoice' })),
  ];
  return named
    .filter((row) => row.stripeId !== null && !known.has(row.stripeId))
    .map((row) =>
      difference(
        row.entity,
        row.id,
        merchantId,
        'missing_at_stripe',
        { id: row.stripeId, status: row.status },
        null,
      ),
    );
}

/** Two live base subscriptions on one platform: a person decides which one stays. */
export async function findDoubles(db: Db, merchantId: string): Promise<Difference[]> {
  const live = await db
    .select({
      platformId: subscriptions.platformId,
      stripeId: subscriptions.stripeSubscriptionId,
      isCurrent: subscriptions.isCurrent,
    })
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.merchantId, merchantId),
        isNotNull(subscriptions.stripeSubscriptionId),
        inArray(subscriptions.status, LIVE),
      ),
    );
  const platforms = [...new Set(live.map((row) => row.platformId))];
  return platforms.flatMap((platformId) => {
    const rows = live.filter((row) => row.platformId === platformId);
    if (rows.length < 2) return [];
    const current = rows.find((row) => row.isCurrent)?.stripeId ?? null;
    return [
      difference(
        'account',
        `${merchantId}:${platformId}`,
        merchantId,
        'two_live_subscriptions',
        { current },
        {
          subscriptions: rows.map((row) => row.stripeId),
        },
      ),
    ];
  });
}

/** A merchant's differences that nobody has put right, newest first. */
export const listDifferences = (db: Db, merchantId: string, limit: number) =>
  db
    .select()
    .from(stripeDifferences)
    .where(and(eq(stripeDifferences.merchantId, merchantId), isNull(stripeDifferences.resolvedAt)))
    .orderBy(desc(stripeDifferences.foundAt))
    .limit(limit);

/** Keeps what was found: repairs as done, the rest open once; what is no longer found is closed as gone. */
export async function keepDifferences(
  db: Db,
  merchantId: string,
  found: Difference[],
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const open = await tx
      .select()
      .from(stripeDifferences)
      .where(and(eq(stripeDifferences.merchantId, merchantId), isNull(stripeDifferences.resolvedAt)));
    const still = new Set(
      found.filter((one) => !one.repaired).map((one) => `${one.entity}/${one.id}/${one.kind}`),
    );
    const gone = open
      .filter((row) => !still.has(`${row.entity}/${row.entityId}/${row.kind}`))
      .map((row) => row.id);
    if (gone.length > 0) {
      await tx
        .update(stripeDifferences)
        .set({ resolvedAt: now, resolution: 'gone' })
        .where(inArray(stripeDifferences.id, gone));
    }
    const had = new Set(open.map((row) => `${row.entity}/${row.entityId}/${row.kind}`));
    const fresh = found.filter((one) => one.repaired || !had.has(`${one.entity}/${one.id}/${one.kind}`));
    if (fresh.length === 0) return;
    // A run beside this one may have noted it: it is listed once.
    await tx
      .insert(stripeDifferences)
      .values(
        fresh.map((one) => ({
          id: newId('dif'),
          entity: one.entity,
          entityId: one.id,
          merchantId,
          kind: one.kind,
          local: one.local,
          stripe: one.stripe,
          foundAt: now,
          ...(one.repaired ? { resolvedAt: now, resolution: 'repaired' as const } : {}),
        })),
      )
      .onConflictDoNothing();
  });
}
