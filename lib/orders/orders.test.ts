import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { testDatabase } from '@/db/testing';
import { LimitReached } from '@/lib/billing/errors';
import { makeAccount } from '@/testing/accounts';
import { listOrders, loadSalesFigures, newOrderInput, placeOrder } from './orders';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const order = newOrderInput.parse({ customerName: 'Ann', total: 1990 });

test('the 100th order of the month is taken and the 101st is not, until the next month', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'busy');
  for (let i = 0; i < 100; i++) await placeOrder(db, store, order, { now });
  await expect(placeOrder(db, store, order, { now })).rejects.toBeInstanceOf(LimitReached);
  const later = await placeOrder(db, store, order, { now: new Date('2026-12-15T10:00:00Z') });
  expect(later.number).toBe('1101');
  const newest = await listOrders(db, store.storeId, { limit: 101 });
  expect(newest).toHaveLength(101);
});

test('orders that come at once get a number each', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'rush');
  const placed = await Promise.all(Array.from({ length: 30 }, () => placeOrder(db, store, order, { now })));
  const numbers = placed.map((one) => Number(one.number)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => 1001 + i));
});

test('what a store sold is summed by currency and day', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'sums');
  await placeOrder(db, store, order, { now });
  await placeOrder(db, store, order, { now: new Date('2026-11-20T12:00:00Z') });
  await placeOrder(db, store, { ...order, currency: 'CHF' }, { now });
  expect(await loadSalesFigures(db, store.storeId, new Date('2026-11-01'))).toEqual([
    { currency: 'CHF', orders: 1, total: 1990, days: [{ day: '2026-11-21', orders: 1, total: 1990 }] },
    {
      currency: 'EUR',
      orders: 2,
      total: 3980,
      days: [
        { day: '2026-11-20', orders: 1, total: 1990 },
        { day: '2026-11-21', orders: 1, total: 1990 },
      ],
    },
  ]);
});
