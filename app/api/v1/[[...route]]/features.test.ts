import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { testDatabase } from '@/db/testing';
import { makeAccount } from '@/testing/accounts';
import { keyOf, testApi } from './testing';

const now = new Date('2026-11-21T12:00:00Z');
const base = '/admin/subscriptions/features';
let database: Awaited<ReturnType<typeof testDatabase>>;
let call: ReturnType<typeof testApi>;
let key: string;

beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
  await makeAccount(database.db, 'acme');
  call = testApi(database.db, () => now);
  key = await keyOf(database.db, 'admin');
});
afterAll(() => database.close());

test('the catalogue lists every feature by category', async () => {
  const { body } = await call('GET', `${base}/catalog`, { key });
  expect(Object.keys(body.features)).toEqual([
    'catalog',
    'analytics',
    'orders',
    'team',
    'email',
    'support',
    'platform',
    'credits',
  ]);
  expect(body.features.catalog).toEqual([
    { code: 'max_products', name: 'Products', feature_type: 'quantitative', category: 'catalog' },
  ]);
});

test('limits of a tier are read, upserted, and refused row by row', async () => {
  const path = `${base}/tiers/essential/limits`;
  const before = await call('GET', path, { key });
  expect(before.body).toContainEqual({ feature_code: 'max_products', limit_value: 200, enabled: true });
  const put = await call('PUT', path, {
    key,
    body: [{ feature_code: 'max_products', limit_value: 250, enabled: true }],
  });
  expect(put.status).toBe(200);
  expect(put.body).toHaveLength(before.body.length);
  expect(put.body).toContainEqual({ feature_code: 'max_products', limit_value: 250, enabled: true });
  const bad = await call('PUT', path, {
    key,
    body: [
      { feature_code: 'max_products', limit_value: 1, enabled: true },
      { feature_code: 'max_orders_per_month', limit_value: -1, enabled: true },
    ],
  });
  expect(bad.status).toBe(400);
  expect(bad.body.error.details.fields[0].path).toBe('[1].limit_value');
  expect((await call('GET', path, { key })).body).toEqual(put.body);
  const unknown = await call('GET', `${base}/tiers/nothing/limits`, { key });
  expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'tier_not_found' } } });
});

test('overrides of a merchant are written, listed and ended', async () => {
  const path = `${base}/merchants/mer_acme/overrides`;
  const rows = [
    { feature_code: 'max_products', limit_value: 500, reason: 'big season', expires_at: '2027-01-31' },
  ];
  const put = await call('PUT', path, { key, body: rows });
  expect(put.status).toBe(200);
  expect(put.body).toMatchObject([
    {
      feature_code: 'max_products',
      limit_value: 500,
      enabled: null,
      reason: 'big season',
      expires_at: '2027-01-31T00:00:00.000Z',
      author: expect.stringMatching(/^api_key:key_/),
    },
  ]);
  const past = [{ feature_code: 'max_products', limit_value: 1, reason: 'x', expires_at: '2026-11-20' }];
  const refused = await call('PUT', path, { key, body: past });
  expect(refused.status).toBe(400);
  expect(refused.body.error.details.fields[0].path).toBe('[0].expires_at');
  const noReason = await call('PUT', path, { key, body: [{ feature_code: 'max_products', limit_value: 1 }] });
  expect(noReason.body.error.details.fields[0].path).toBe('[0].reason');
  expect((await call('DELETE', `${path}/max_products`, { key })).body.ended_at).not.toBeNull();
  expect((await call('DELETE', `${path}/max_products`, { key })).status).toBe(404);
  expect((await call('GET', path, { key })).body).toEqual([]);
  expect((await call('GET', `${path}?history=1`, { key })).body).toHaveLength(1);
  expect((await call('GET', `${base}/merchants/mer_no/overrides`, { key })).status).toBe(404);
});

test('explain answers with steps, a verdict and what would help', async () => {
  const { body } = await call('GET', `${base}/merchants/mer_acme/explain/email_accounts?platform=market`, {
    key,
  });
  expect(body).toMatchObject({
    verdict: 'feature_not_in_plan',
    feature: { enabled: false, limit: 0, scope: 'none' },
    steps: [
      { kind: 'status' },
      { kind: 'tier', value: { tier: 'Essential', enabled: false, limit: 0 }, source: 'tier:essential' },
      { kind: 'usage' },
      { kind: 'verdict' },
      { kind: 'unlock', source: 'add_on:email_5' },
    ],
  });
  expect((await call('GET', `${base}/merchants/mer_acme/explain/nothing`, { key })).status).toBe(404);
});
