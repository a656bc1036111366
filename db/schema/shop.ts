import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { amount, id, instant, ref, writtenAt } from './columns';
import { merchants, platforms, stores } from './tenancy';

/** The catalog module's rows: each takes a unit of max_products. */
export const products = pgTable(
  'products',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: ref(() => stores.id),
    sku: text().notNull(),
    name: text().notNull(),
    currency: text().notNull(),
    unitAmount: amount().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('products_sku').on(t.storeId, t.sku),
    index('products_account').on(t.merchantId, t.platformId, t.storeId),
    index('products_list').on(t.storeId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    check('products_amount', sql`${t.unitAmount} >= 0`),
  ],
);

/** The orders module's rows: each takes a unit of max_orders_per_month in the billing month of `placedAt`. */
export const orders = pgTable(
  'orders',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: ref(() => stores.id),
    number: text().notNull(),
    customerName: text().notNull(),
    currency: text().notNull(),
    total: amount().notNull(),
    /** Business time. */
    placedAt: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('orders_number').on(t.storeId, t.number),
    index('orders_account').on(t.merchantId, t.platformId, t.placedAt),
    index('orders_list').on(t.storeId, t.placedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    check('orders_total', sql`${t.total} >= 0`),
  ],
);
