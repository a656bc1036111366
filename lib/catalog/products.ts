import { and, desc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { products } from '@/db/schema';
import type { Account } from '@/lib/billing/accounts';
import { consume, consumeUpTo, consumeWith, release } from '@/lib/billing/entitlements/limits';
import type { LimitReached } from '@/lib/billing/errors';
import { NotFound, refusal } from '@/lib/errors';
import { type Cursor, olderThan } from '@/lib/page';
import { productLimit } from './features';

export type Product = typeof products.$inferSelect;

/** Whose product: the store, and the account that its limits are counted for. */
export type StoreAccount = Account & { storeId: string };

export const newProductInput = z.object({
  sku: z.string().trim().min(1).max(64),
  name: z.string().trim().min(1).max(200),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/)
    .default('EUR'),
  /** Minor units. */
  unitAmount: z.number().int().min(0).max(1_000_000_000),
});

export type NewProduct = z.output<typeof newProductInput>;

/** `all` = all rows or none; `fit` = as many as there is room for, in their order. */
export const importProductsInput = z.object({
  mode: z.enum(['all', 'fit']),
  products: z.array(newProductInput).min(1).max(1000),
});

/** 409: the store has a product with this SKU. */
export const SkuTaken = refusal('conflict', 'sku_taken', (sku: string) => ({ field: 'sku', sku }));

/**
 * Adds a product to a store, taking a unit of its merchant's limit in the same transaction.
 * @throws LimitReached, FeatureNotInPlan, SkuTaken: nothing is written
 */
export async function createProduct(
  db: Db,
  store: StoreAccount,
  input: NewProduct,
  context: { now: Date },
): Promise<Product> {
  return db.transaction(async (tx) => {
    const insert = tx
      .insert(products)
      .values(toRow(store, input, context.now))
      .onConflictDoNothing()
      .returning();
    const where = { storeId: store.storeId, now: context.now };
    const [created] = await consumeWith(tx, store, productLimit, 1, where, insert);
    if (!created) throw new SkuTaken(input.sku);
    return created;
  });
}

/** Removes a product and gives its unit back. @throws NotFound, also for another store's product */
export async function deleteProduct(
  db: Db,
  store: StoreAccount,
  id: string,
  context: { now: Date },
): Promise<Product> {
  return db.transaction(async (tx) => {
    // The counter first, as in createProduct: two that meet on one SKU would otherwise wait for each other.
    await release(tx, store, productLimit, 1, { storeId: store.storeId, now: context.now });
    const [gone] = await tx
      .delete(products)
      .where(and(eq(products.id, id), eq(products.storeId, store.storeId)))
      .returning();
    if (!gone) throw new NotFound('product', id);
    return gone;
  });
}

export type ImportResult = {
  created: number;
  /** What was not created, by row (from 0), and why. */
  left: { row: number; sku: string; reason: 'sku_taken' | 'repeated' | 'no_room' }[];
  /** What would make room for the rest; null when room was not the reason. */
  refusal: LimitReached | null;
};

/**
 * Adds many products at once. Rows whose SKU the store has, or that repeat one of the list, are left out and named; of
 * the others mode `all` creates all or throws, mode `fit` creates as many as there is room for and names the rest.
 * @throws LimitReached (mode `all`), FeatureNotInPlan: nothing is written
 */
export async function importProducts(
  db: Db,
  store: StoreAccount,
  input: z.output<typeof importProductsInput>,
  context: { now: Date },
): Promise<ImportResult> {
  return db.transaction(async (tx) => {
    const { wanted, left } = await sortOut(tx, store, input.products);
    if (wanted.length === 0) return { created: 0, left, refusal: null };
    const where = { storeId: store.storeId, now: context.now };
    let taken = wanted.length;
    let refusal: LimitReached | null = null;
    if (input.mode === 'all') await consume(tx, store, productLimit, taken, where);
    else ({ taken, refusal } = await consumeUpTo(tx, store, productLimit, wanted.length, where));
    for (const { row, product } of wanted.slice(taken))
      left.push({ row, sku: product.sku, reason: 'no_room' });
    if (taken === 0) return { created: 0, left, refusal };
    const rows = wanted.slice(0, taken).map(({ product }) => toRow(store, product, context.now));
    const created = await tx
      .insert(products)
      .values(rows)
      .onConflictDoNothing()
      .returning({ sku: products.sku });
    const has = new Set(created.map((one) => one.sku));
    for (const { row, product } of wanted.slice(0, taken)) {
      if (!has.has(product.sku)) left.push({ row, sku: product.sku, reason: 'sku_taken' });
    }
    // Somebody created one of them since we looked.
    if (created.length < taken) await release(tx, store, productLimit, taken - created.length, where);
    return { created: created.length, left: left.sort((a, b) => a.row - b.row), refusal };
  });
}

async function sortOut(tx: Tx, store: StoreAccount, list: NewProduct[]) {
  const known = await tx
    .select({ sku: products.sku })
    .from(products)
    .where(
      and(
        eq(products.storeId, store.storeId),
        inArray(
          products.sku,
          list.map((one) => one.sku),
        ),
      ),
    );
  const taken = new Set(known.map((one) => one.sku));
  const seen = new Set<string>();
  const wanted: { row: number; product: NewProduct }[] = [];
  const left: ImportResult['left'] = [];
  for (const [row, product] of list.entries()) {
    const { sku } = product;
    if (taken.has(sku)) left.push({ row, sku, reason: 'sku_taken' });
    else if (seen.has(sku)) left.push({ row, sku, reason: 'repeated' });
    else wanted.push({ row, product });
    seen.add(sku);
  }
  return { wanted, left };
}

/** A store's products, newest first, by cursor. */
export async function listProducts(
  db: Db,
  storeId: string,
  page: { limit: number; before?: Cursor },
): Promise<Product[]> {
  return db
    .select()
    .from(products)
    .where(and(eq(products.storeId, storeId), olderThan(products.createdAt, products.id, page.before)))
    .orderBy(desc(products.createdAt), desc(products.id))
    .limit(page.limit);
}

function toRow(store: StoreAccount, input: NewProduct, now: Date): typeof products.$inferInsert {
  const { merchantId, platformId, storeId } = store;
  const { sku, name, currency, unitAmount } = input;
  return {
    id: newId('prd'),
    merchantId,
    platformId,
    storeId,
    sku,
    name,
    currency,
    unitAmount,
    createdAt: now,
  };
}
