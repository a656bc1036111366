import { and, desc, eq, gte, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { orders } from '@/db/schema';
import type { Account } from '@/lib/billing/accounts';
import { consumeWith } from '@/lib/billing/entitlements/limits';
import { type Cursor, olderThan } from '@/lib/page';
import { orderQuota } from './features';

export type Order = typeof orders.$inferSelect;

export const newOrderInput = z.object({
  customerName: z.string().trim().min(1).max(120),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/)
    .default('EUR'),
  /** Minor units. */
  total: z.number().int().min(0).max(1_000_000_000),
});

/**
 * Takes an order for a store, and a unit of its merchant's quota of the running billing month, in one transaction. An
 * order is never given back: what happened, happened.
 * @throws LimitReached, FeatureNotInPlan: nothing is written
 */
export async function placeOrder(
  db: Db,
  store: Account & { storeId: string },
  input: z.output<typeof newOrderInput>,
  context: { now: Date },
): Promise<Order> {
  const { merchantId, platformId, storeId } = store;
  return db.transaction(async (tx) => {
    const insert = (skip: number) =>
      tx
        .insert(orders)
        .values({
          id: newId('ord'),
          merchantId,
          platformId,
          storeId,
          number: nextNumber(storeId, skip),
          customerName: input.customerName,
          currency: input.currency,
          total: input.total,
          placedAt: context.now,
        })
        .onConflictDoNothing()
        .returning();
    const where = { storeId, now: context.now };
    // Orders of one merchant come one after the other here: the counter's row is theirs until the commit.
    let [order] = await consumeWith(tx, store, orderQuota, 1, where, insert(1));
    for (let skip = 2; !order; skip++) [order] = await insert(skip);
    return order;
  });
}

/** The newest order's number and `skip` more: `skip` passes numbers that a tie in time has hidden. */
const nextNumber = (storeId: string, skip: number) => sql<string>`(
  coalesce((
    select case when number ~ '^[0-9]{1,15}$' then number::bigint end
    from orders where store_id = ${storeId} order by placed_at desc, id desc limit 1
  ), 1000) + ${skip}::int)::text`;

/** A store's orders, newest first, by cursor. */
export async function listOrders(
  db: Db,
  storeId: string,
  page: { limit: number; before?: Cursor },
): Promise<Order[]> {
  return db
    .select()
    .from(orders)
    .where(and(eq(orders.storeId, storeId), olderThan(orders.placedAt, orders.id, page.before)))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(page.limit);
}

export type SalesFigures = {
  currency: string;
  orders: number;
  total: number;
  days: { day: string; orders: number; total: number }[];
};

/** What a store sold since `from`: sums and days (UTC), one row per currency. Amounts in minor units. */
export async function loadSalesFigures(db: Db, storeId: string, from: Date): Promise<SalesFigures[]> {
  const day = sql<string>`to_char(${orders.placedAt} at time zone 'UTC', 'YYYY-MM-DD')`;
  const rows = await db
    .select({
      currency: orders.currency,
      day,
      orders: sql<number>`count(*)::int`,
      total: sql<string>`sum(${orders.total})`,
    })
    .from(orders)
    .where(and(eq(orders.storeId, storeId), gte(orders.placedAt, from)))
    .groupBy(orders.currency, day)
    .orderBy(orders.currency, day);
  const figures = new Map<string, SalesFigures>();
  for (const row of rows) {
    const sum = figures.get(row.currency) ?? { currency: row.currency, orders: 0, total: 0, days: [] };
    sum.orders += row.orders;
    sum.total += Number(row.total);
    sum.days.push({ day: row.day, orders: row.orders, total: Number(row.total) });
    figures.set(row.currency, sum);
  }
  return [...figures.values()];
}
