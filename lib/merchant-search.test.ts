import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { customers, subscriptions } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { listSubscriptions } from './billing/reports/subscription-list';
import { features } from './features';
import { listMerchants } from './tenancy/merchant-list';
import { listAllStores } from './tenancy/store-list';

let database: Awaited<ReturnType<typeof testDatabase>>;
const at = new Date('2026-03-01T00:00:00Z');

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  for (const key of ['oak', 'elm']) {
    const stores = [{ code: `${key}1`.toUpperCase(), name: `${key} in Paris` }];
    await makeMerchant(db, {
      key,
      name: `The ${key}`,
      at,
      stores,
      owner: { email: `${key}@people.test`, name: `Olivia ${key}man` },
    });
    await db.insert(subscriptions).values({
      id: `sub_${key}`,
      merchantId: `mer_${key}`,
      platformId: MARKET,
      tierId: 'tier_market_professional',
      stripeSubscriptionId: `sub_1${key}AtStripe`,
      status: 'active',
      isCurrent: true,
      interval: 'month',
      currency: 'EUR',
      unitAmount: 9900,
      startedAt: at,
      cancelAt: key === 'oak' ? new Date('2026-04-01T00:00:00Z') : null,
    });
    await db
      .update(customers)
      .set({ stripeCustomerId: `cus_1${key}` })
      .where(eq(customers.merchantId, `mer_${key}`));
  }
});
afterAll(() => database.close());

test.each([
  'the OAK',
  'oak1',
  'oak in par',
  'olivia oak',
  'Oak@People.test',
  'mer_oak',
  'cus_1oak',
  'sub_1oakAtStripe',
])('%s finds the merchant in both lists, and no other', async (search) => {
  const merchants = await listMerchants(database.db, { search, limit: 5 });
  const plans = await listSubscriptions(database.db, { search, limit: 5 }, { features, now: at });
  expect(merchants.map((row) => row.id)).toEqual(['mer_oak']);
  expect(plans.rows.map((row) => row.merchantId)).toEqual(['mer_oak']);
});

test('a part of somebody’s e-mail or of an id finds nobody; what ends is said in the merchants’ list too', async () => {
  expect(await listMerchants(database.db, { search: '@people.test', limit: 5 })).toEqual([]);
  expect(await listMerchants(database.db, { search: 'cus_1', limit: 5 })).toEqual([]);
  const rows = await listMerchants(database.db, { limit: 5 });
  expect(rows.map((row) => [row.id, row.subscriptions[0]?.ending])).toEqual([
    ['mer_oak', true],
    ['mer_elm', false],
  ]);
});

test.each(['the OAK', 'oak1', 'oak in par'])('%s finds the store, and no other', async (search) => {
  const rows = await listAllStores(database.db, { search, limit: 5 });
  expect(rows.map((row) => row.code)).toEqual(['OAK1']);
});
