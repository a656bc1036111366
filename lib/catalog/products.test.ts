import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import * as schema from '@/db/schema';
import { products, usageCounters } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { LimitReached } from '@/lib/billing/errors';
import { NotFound } from '@/lib/errors';
import { makeAccount } from '@/testing/accounts';
import {
  createProduct,
  deleteProduct,
  importProducts,
  listProducts,
  newProductInput,
  SkuTaken,
} from './products';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const product = (sku: string) => newProductInput.parse({ sku, name: `Product ${sku}`, unitAmount: 990 });
const many = (count: number, prefix = 'S') =>
  Array.from({ length: count }, (_, i) => product(`${prefix}${i}`));
const usedBy = async (merchantId: string) => {
  const [row] = await database.db
    .select()
    .from(usageCounters)
    .where(eq(usageCounters.merchantId, merchantId));
  return row?.used ?? 0;
};

test('a product created, deleted and created again leaves the counter right', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'again');
  const first = await createProduct(db, store, product('A'), { now });
  await deleteProduct(db, store, first.id, { now });
  expect(await usedBy(store.merchantId)).toBe(0);
  await createProduct(db, store, product('A'), { now });
  expect(await usedBy(store.merchantId)).toBe(1);
});

test('a SKU that the store has is refused and takes no unit', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'sku');
  await createProduct(db, store, product('A'), { now });
  await expect(createProduct(db, store, product('A'), { now })).rejects.toBeInstanceOf(SkuTaken);
  expect(await usedBy(store.merchantId)).toBe(1);
});

test('another store’s product is not there to delete, and no unit comes back', async () => {
  const { db } = database;
  const mine = await makeAccount(db, 'mine');
  const other = await makeAccount(db, 'other');
  const { id } = await createProduct(db, other, product('A'), { now });
  await createProduct(db, mine, product('A'), { now });
  await expect(deleteProduct(db, mine, id, { now })).rejects.toBeInstanceOf(NotFound);
  expect([await usedBy(mine.merchantId), await usedBy(other.merchantId)]).toEqual([1, 1]);
});

test('an import of all or none creates none when there is no room for all', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'allornone');
  await importProducts(db, store, { mode: 'all', products: many(195) }, { now });
  const refusal = await importProducts(db, store, { mode: 'all', products: many(6, 'T') }, { now }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(LimitReached);
  expect((refusal as LimitReached).facts).toMatchObject({ current: 195, limit: 200, requested: 6 });
  expect(await usedBy(store.merchantId)).toBe(195);
});

test('an import of what fits says which rows were left and why', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'fit');
  await importProducts(db, store, { mode: 'all', products: many(197) }, { now });
  const rows = [product('S0'), product('N1'), product('N1'), product('N2'), product('N3'), product('N4')];
  const result = await importProducts(db, store, { mode: 'fit', products: rows }, { now });
  expect(result.created).toBe(3);
  expect(result.left).toEqual([
    { row: 0, sku: 'S0', reason: 'sku_taken' },
    { row: 2, sku: 'N1', reason: 'repeated' },
    { row: 5, sku: 'N4', reason: 'no_room' },
  ]);
  expect(result.refusal?.facts).toMatchObject({ limit: 200, current: 197 });
  expect(await usedBy(store.merchantId)).toBe(200);
  const full = await importProducts(db, store, { mode: 'fit', products: [product('Z')] }, { now });
  expect(full).toMatchObject({ created: 0, left: [{ reason: 'no_room' }] });
});

test('the counter is locked before the product is written', async () => {
  const store = await makeAccount(database.db, 'order');
  const sent: string[] = [];
  const client = postgres(database.url, { max: 1, debug: (_id, query) => sent.push(query.trim()) });
  await createProduct(drizzle(client, { schema, casing: 'snake_case' }), store, product('A'), { now });
  await client.end();
  const place = (start: string) => sent.findIndex((query) => query.startsWith(start));
  expect(place('with rule')).toBeGreaterThan(0);
  expect(place('insert into "products"')).toBeGreaterThan(place('with rule'));
});

test('creating and deleting the same SKU at once ends without a deadlock and with the counter right', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'dance');
  for (let round = 0; round < 10; round++) {
    const made = await createProduct(db, store, product(`A${round}`), { now });
    const create = () => createProduct(db, store, product(`A${round}`), { now });
    const results = await Promise.allSettled([
      ...Array.from({ length: 6 }, create),
      deleteProduct(db, store, made.id, { now }),
      ...Array.from({ length: 6 }, create),
    ]);
    const refusals = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refusals.filter((one) => !(one instanceof SkuTaken))).toEqual([]);
  }
  const rows = await db.select().from(products).where(eq(products.storeId, store.storeId));
  expect(await usedBy(store.merchantId)).toBe(rows.length);
});

test('a store’s products are listed newest first, page by page', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'pages');
  await importProducts(db, store, { mode: 'all', products: many(5) }, { now });
  const first = await listProducts(db, store.storeId, { limit: 3 });
  const last = first.at(-1);
  const before = last && { at: last.createdAt, id: last.id };
  const rest = await listProducts(db, store.storeId, { limit: 3, before });
  expect(new Set([...first, ...rest].map((one) => one.sku)).size).toBe(5);
});
