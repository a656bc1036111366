import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { usageCounters, usageReports } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { createProduct, newProductInput } from '@/lib/catalog/products';
import { makeAccount } from '@/testing/accounts';
import { keyOf, testApi } from './testing';

let now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
let call: ReturnType<typeof testApi>;
let key: string;
let store: Awaited<ReturnType<typeof makeAccount>>;

beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
  store = await makeAccount(database.db, 'acme', { stores: ['ACME'] });
  await makeAccount(database.db, 'other', { stores: ['OTHER'] });
  call = testApi(database.db, () => now);
  key = await keyOf(database.db, 'usage');
});
afterAll(() => database.close());

const pair = { merchant: 'mer_acme', platform: 'market' };
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  call('POST', path, { key, body: { ...pair, ...body }, headers });
const used = async () => {
  const rows = await database.db.select().from(usageCounters).where(eq(usageCounters.merchantId, 'mer_acme'));
  return Object.fromEntries(rows.map((row) => [row.featureCode, row.used]));
};

describe('check', () => {
  test('says yes and no with 200, and takes nothing', async () => {
    const yes = await post('/check', { feature: 'max_products', quantity: 200 });
    expect(yes).toMatchObject({
      status: 200,
      body: {
        allowed: true,
        feature: {
          code: 'max_products',
          enabled: true,
          limit: 200,
          current: 0,
          remaining: 200,
          scope: 'tier',
        },
      },
    });
    const no = await post('/check', { feature: 'max_products', quantity: 201 });
    expect(no).toMatchObject({
      status: 200,
      body: { allowed: false, reason: 'limit_reached', unlock: [{ kind: 'tier', code: 'professional' }] },
    });
    const flag = await post('/check', { feature: 'api_access' });
    expect(flag.body).toMatchObject({ allowed: false, reason: 'feature_not_in_plan' });
    expect(await used()).toEqual({});
  });
});

describe('usage', () => {
  test('takes and gives back, and says what is left', async () => {
    const taken = await post('/usage', { feature: 'max_products', quantity: 3, store: 'ACME' });
    expect(taken).toMatchObject({ status: 200, body: { feature: { current: 3, remaining: 197 } } });
    const back = await post('/usage/release', { feature: 'max_products', quantity: 2, store: 'ACME' });
    expect(back.body.feature.current).toBe(1);
  });

  test('a refusal is 402 with what would help', async () => {
    const refusal = await post('/usage', { feature: 'max_team_members', quantity: 2 });
    expect(refusal.status).toBe(402);
    expect(refusal.body.error).toMatchObject({
      code: 'limit_reached',
      details: { feature: 'max_team_members', limit: 1, current: 0, requested: 2 },
    });
    const off = await post('/usage', { feature: 'email_accounts' });
    expect(off).toMatchObject({ status: 402, body: { error: { code: 'feature_not_in_plan' } } });
  });

  test('only what was reported can be given back, not a module’s own rows', async () => {
    const before = await used();
    const product = newProductInput.parse({ sku: 'A', name: 'A', unitAmount: 1 });
    await createProduct(database.db, store, product, { now });
    const refusal = await post('/usage/release', { feature: 'max_products', quantity: 2, store: 'ACME' });
    expect(refusal).toMatchObject({ status: 409, body: { error: { code: 'nothing_to_release' } } });
    expect(await used()).toEqual({ ...before, max_products: 2 });
    const noStore = await post('/usage/release', { feature: 'max_products' });
    expect(noStore.status).toBe(409);
  });

  test.each([
    [{ feature: 'max_products', quantity: 0 }, 400, 'quantity'],
    [{ feature: 'max_products', quantity: -1 }, 400, 'quantity'],
    [{ feature: 'max_products', quantity: 1.5 }, 400, 'quantity'],
    [{ feature: 'max_products', quantity: 1e300 }, 400, 'quantity'],
    [{ feature: 'max_products', quantity: '3' }, 400, 'quantity'],
    [{ feature: 'max_products', quantity: null }, 400, 'quantity'],
    [{ feature: 'api_access' }, 400, 'feature'],
    [{ feature: 'monthly_credits' }, 400, 'feature'],
    [{ feature: 'nothing' }, 404, null],
    [{ feature: 'max_products', merchant: 'mer_no' }, 404, null],
    [{ feature: 'max_products', platform: 'no' }, 404, null],
    [{ feature: 'max_products', store: 'OTHER' }, 404, null],
  ])('%o: %i, and nothing is written', async (body, status, field) => {
    const before = [await used(), (await database.db.select().from(usageReports)).length];
    for (const path of ['/usage', '/usage/release']) {
      const answer = await post(path, body);
      expect(answer.status).toBe(status);
      if (field) expect(answer.body.error.details.fields[0].path).toBe(field);
    }
    expect([await used(), (await database.db.select().from(usageReports)).length]).toEqual(before);
  });
});

describe('the same key again', () => {
  const headers = { 'idempotency-key': 'order-1' };

  test('gives the same answer and takes nothing more; another body is refused', async () => {
    const body = { feature: 'max_orders_per_month', quantity: 2 };
    const first = await post('/usage', body, headers);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    await post('/usage', { ...body, quantity: 5 });
    const second = await post('/usage', body, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await used()).max_orders_per_month).toBe(7);
    const other = await post('/usage', { ...body, quantity: 3 }, headers);
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
  });

  test('twenty at once take once', async () => {
    const before = (await used()).max_orders_per_month ?? 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        post('/usage', { feature: 'max_orders_per_month' }, { 'idempotency-key': 'burst' }),
      ),
    );
    expect(answers.map((one) => one.status)).toEqual(Array(20).fill(200));
    expect(answers.filter((one) => one.headers.get('idempotent-replayed') === 'true')).toHaveLength(19);
    expect((await used()).max_orders_per_month).toBe(before + 1);
  });

  test('a refusal is not remembered', async () => {
    const twice = { 'idempotency-key': 'later' };
    const body = { feature: 'max_orders_per_month', quantity: 99 };
    expect((await post('/usage', body, twice)).status).toBe(402);
    now = new Date('2026-12-20T12:00:00Z');
    expect((await post('/usage', body, twice)).status).toBe(200);
    now = new Date('2026-11-21T12:00:00Z');
  });

  test('another key’s owner has their own', async () => {
    const otherKey = await keyOf(database.db, 'usage');
    const body = { ...pair, feature: 'max_orders_per_month' };
    const answer = await call('POST', '/usage', { key: otherKey, body, headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
  });
});
