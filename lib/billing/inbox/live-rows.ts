import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invoices, storeAddOns, subscriptions } from '@/db/schema';
import { LIVE } from '@/lib/billing/statuses';

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

/** A row of ours that lives, and the Stripe object that it stands for. */
export type LiveRow = {
  entity: string;
  id: string;
  merchantId: string;
  stripeId: string | null;
  status: string;
};

/** What lives of these merchants: plans, add-ons and open invoices. Three statements, by index. */
export async function listLive(db: Db, merchantIds: string[]): Promise<LiveRow[]> {
  const [plans, addOnRows, bills] = await Promise.all([
    db
      .select({
        id: subscriptions.id,
        merchantId: subscriptions.merchantId,
        stripeId: subscriptions.stripeSubscriptionId,
        status: subscriptions.status,
      })
      .from(subscriptions)
      .where(
        and(
          inArray(subscriptions.merchantId, merchantIds),
          isNotNull(subscriptions.stripeSubscriptionId),
          inArray(subscriptions.status, LIVE),
        ),
      ),
    db
      .select({
        id: storeAddOns.id,
        merchantId: storeAddOns.merchantId,
        stripeId: storeAddOns.stripeSubscriptionId,
        status: storeAddOns.status,
      })
      .from(storeAddOns)
      .where(and(inArray(storeAddOns.merchantId, merchantIds), isNull(storeAddOns.endedAt))),
    db
      .select({
        id: invoices.id,
        merchantId: invoices.merchantId,
        stripeId: invoices.stripeInvoiceId,
        status: invoices.status,
      })
      .from(invoices)
      .where(and(inArray(invoices.merchantId, merchantIds), eq(invoices.status, 'open'))),
  ]);
  return [
    ...plans.map((row) => ({ ...row, entity: 'subscription' })),
    ...addOnRows.map((row) => ({ ...row, entity: 'add_on' })),
    ...bills.map((row) => ({ ...row, entity: 'invoice' })),
  ];
}

/** One that lives and that Stripe does not know. */
export const orphan = (row: LiveRow): Difference =>
  difference(
    row.entity,
    row.id,
    row.merchantId,
    'missing_at_stripe',
    { id: row.stripeId, status: row.status },
    null,
  );

/** Two live base subscriptions on one platform, of one merchant or of all: a person decides which one stays. */
export async function findDoubles(db: Db, merchantId?: string): Promise<Difference[]> {
  const stripeId = subscriptions.stripeSubscriptionId;
  const rows = await db
    .select({
      merchantId: subscriptions.merchantId,
      platformId: subscriptions.platformId,
      ids: sql<string[]>`array_agg(${stripeId} order by ${subscriptions.startedAt}, ${stripeId})`,
      current: sql<string | null>`max(${stripeId}) filter (where ${subscriptions.isCurrent})`,
    })
    .from(subscriptions)
    .where(
      and(
        merchantId ? eq(subscriptions.merchantId, merchantId) : undefined,
        isNotNull(stripeId),
        inArray(subscriptions.status, LIVE),
      ),
    )
    .groupBy(subscriptions.merchantId, subscriptions.platformId)
    .having(sql`count(*) > 1`);
  return rows.map((row) =>
    difference(
      'account',
      `${row.merchantId}:${row.platformId}`,
      row.merchantId,
      'two_live_subscriptions',
      { current: row.current },
      { subscriptions: row.ids },
    ),
  );
}
