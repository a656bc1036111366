import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKET, makeCatalogue } from '@/db/make';
import { apiKeys } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { createApiKey, revokeApiKey } from '@/lib/tenancy/api-keys';
import { makeAccount } from '@/testing/accounts';
import { createApi } from './api';
import { keyOf, person, testApi } from './testing';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
let call: ReturnType<typeof testApi>;
let keys: Record<string, string>;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  await makeAccount(db, 'acme', { tier: 'business', stores: ['ACME', 'ACMEDE'] });
  await makeAccount(db, 'small');
  call = testApi(db, () => now);
  keys = {
    admin: await keyOf(db, 'admin'),
    support: await keyOf(db, 'support'),
    usage: await keyOf(db, 'usage'),
    acmeAdmin: await keyOf(db, 'admin', 'mer_acme'),
    acmeUsage: await keyOf(db, 'usage', 'mer_acme'),
    smallUsage: await keyOf(db, 'usage', 'mer_small'),
  };
});
afterAll(() => database.close());

const callers = () => ({
  nobody: {},
  admin: { as: person('admin') },
  support: { as: person('support') },
  owner: { as: person('owner', 'mer_acme') },
  member: { as: person('member', 'mer_acme') },
  stranger: { as: person('owner', 'mer_small') },
  adminKey: { key: keys.admin },
  supportKey: { key: keys.support },
  usageKey: { key: keys.usage },
  acmeAdminKey: { key: keys.acmeAdmin },
  acmeUsageKey: { key: keys.acmeUsage },
  smallUsageKey: { key: keys.smallUsage },
});

/** What each caller gets: 402 is a plan without API access, 404 somebody else's. */
const matrix = {
  storeRead: {
    nobody: 401,
    admin: 200,
    support: 200,
    owner: 200,
    member: 200,
    stranger: 404,
    adminKey: 200,
    supportKey: 200,
    usageKey: 403,
    acmeAdminKey: 200,
    acmeUsageKey: 403,
    smallUsageKey: 403,
  },
  machine: {
    nobody: 401,
    admin: 200,
    support: 403,
    owner: 403,
    member: 403,
    stranger: 403,
    adminKey: 200,
    supportKey: 403,
    usageKey: 200,
    acmeAdminKey: 200,
    acmeUsageKey: 200,
    smallUsageKey: 404,
  },
  staff: {
    nobody: 401,
    admin: 200,
    support: 200,
    owner: 403,
    member: 403,
    stranger: 403,
    adminKey: 200,
    supportKey: 200,
    usageKey: 403,
    acmeAdminKey: 403,
    acmeUsageKey: 403,
    smallUsageKey: 403,
  },
  admin: {
    nobody: 401,
    admin: 200,
    support: 403,
    owner: 403,
    member: 403,
    stranger: 403,
    adminKey: 200,
    supportKey: 403,
    usageKey: 403,
    acmeAdminKey: 403,
    acmeUsageKey: 403,
    smallUsageKey: 403,
  },
};

const pair = { merchant: 'mer_acme', platform: 'market' };
const features = '/admin/subscriptions/features';
const limits = [{ feature_code: 'white_label', enabled: true }];
const overrides = [{ feature_code: 'white_label', enabled: true, reason: 'test' }];

const routes: [kind: keyof typeof matrix, method: string, path: string, body?: unknown][] = [
  ['storeRead', 'GET', '/store/billing/usage?store=ACME'],
  ['machine', 'GET', `/entitlements?merchant=mer_acme&platform=${MARKET}`],
  ['machine', 'POST', '/check', { ...pair, feature: 'max_products' }],
  ['machine', 'POST', '/usage', { ...pair, feature: 'max_products' }],
  ['machine', 'POST', '/usage/release', { ...pair, feature: 'max_products' }],
  ['staff', 'GET', `${features}/catalog`],
  ['staff', 'GET', `${features}/tiers/essential/limits`],
  ['staff', 'POST', `${features}/tiers/essential/limits/preview`, limits],
  ['admin', 'PUT', `${features}/tiers/business/limits`, limits],
  ['staff', 'GET', `${features}/merchants/mer_acme/overrides`],
  ['admin', 'PUT', `${features}/merchants/mer_small/overrides`, overrides],
  ['staff', 'GET', `${features}/merchants/mer_acme/explain/max_products`],
];

describe('who may call what', () => {
  test.each(routes)('%s: %s %s', async (kind, method, path, body) => {
    const got: Record<string, number> = {};
    for (const [name, asking] of Object.entries(callers())) {
      got[name] = (await call(method, path, { ...asking, body })).status;
    }
    expect(got).toEqual(matrix[kind]);
  });

  test('nobody gets into any route but the public ones', async () => {
    const open: string[] = [];
    for (const definition of createApi().openAPIRegistry.definitions) {
      if (definition.type !== 'route') continue;
      const { method, path } = definition.route;
      const answer = await call(method.toUpperCase(), path.replace(/\{[^}]+\}/g, 'x'));
      if (answer.status !== 401) open.push(`${method} ${path}`);
    }
    expect(open.sort()).toEqual(publicRoutes);
  });

  test('a merchant-scoped key needs a plan with API access', async () => {
    const answer = await call('GET', '/entitlements?merchant=mer_small&platform=market', {
      key: keys.smallUsage,
    });
    expect(answer).toMatchObject({
      status: 402,
      body: { error: { code: 'feature_not_in_plan', details: { feature: 'api_access' } } },
    });
  });

  test('a revoked, an expired and an unknown key are nobody', async () => {
    const { db } = database;
    const revoked = await createApiKey(db, { name: 'old', role: 'admin' });
    await revokeApiKey(db, revoked.id, { kind: 'user', id: 'usr_admin' });
    const expired = await createApiKey(db, {
      name: 'over',
      role: 'admin',
      expiresAt: new Date(Date.now() - 1),
    });
    for (const key of [revoked.key, expired.key, 'tl_unknown', 'sk_test_local']) {
      const answer = await call('GET', '/entitlements?merchant=mer_acme&platform=market', { key });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('a key is kept hashed, and its use is noted', async () => {
    const { db } = database;
    const { key } = await createApiKey(db, { name: 'seen', role: 'usage' });
    await call('GET', '/entitlements?merchant=mer_acme&platform=market', { key });
    const rows = await db.select().from(apiKeys);
    expect(JSON.stringify(rows)).not.toContain(key);
    expect(rows.find((row) => row.name === 'seen')?.lastUsedAt).toBeInstanceOf(Date);
  });
});

describe('where a write comes from', () => {
  const path = '/admin/subscriptions/features/tiers/business/limits';
  test.each([
    [{}, 200],
    [{ origin: 'http://app.test' }, 200],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://app.test' }, 200],
    [{ origin: 'https://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://other.app.test' }, 403],
  ])('a session with %o: %i', async (headers, status) => {
    const asking = { as: person('admin'), headers: headers as Record<string, string>, body: limits };
    expect((await call('PUT', path, asking)).status).toBe(status);
  });
  test('a key may come from anywhere', async () => {
    const headers = { origin: 'https://partner.test' };
    expect((await call('PUT', path, { key: keys.admin, headers, body: limits })).status).toBe(200);
  });
});

describe('which store', () => {
  const owner = person('owner', 'mer_acme');
  test('two stores and none named', async () => {
    const answer = await call('GET', '/store/billing/usage', { as: owner });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'store_required' } } });
  });
  test('named by header', async () => {
    const headers = { 'x-store-code': 'ACMEDE' };
    expect((await call('GET', '/store/billing/usage', { as: owner, headers })).status).toBe(200);
  });
  test('the only one', async () => {
    const answer = await call('GET', '/store/billing/usage', { as: person('owner', 'mer_small') });
    expect(answer.body.find((one: { code: string }) => one.code === 'max_products')).toEqual({
      code: 'max_products',
      name: 'Products',
      current: 0,
      limit: 200,
      percentage: 0,
      is_unlimited: false,
      is_at_limit: false,
      is_approaching_limit: false,
    });
    expect(answer.body.map((one: { code: string }) => one.code)).toEqual([
      'max_products',
      'max_orders_per_month',
      'max_team_members',
      'email_accounts',
    ]);
  });
});

describe('the envelope', () => {
  test('an unknown route is 404 and carries the request id', async () => {
    const answer = await call('GET', '/nothing', { headers: { 'x-request-id': 'req_12345678' } });
    expect(answer.status).toBe(404);
    expect(answer.body.error).toMatchObject({ code: 'not_found', request_id: 'req_12345678' });
    expect(answer.headers.get('x-request-id')).toBe('req_12345678');
  });

  test('another method is 405 and says which there are', async () => {
    const answer = await call('DELETE', '/entitlements', { key: keys.admin });
    expect(answer).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
    expect(answer.headers.get('allow')).toBe('GET');
  });

  test('a missing query names the field, but only to who may ask', async () => {
    const answer = await call('GET', '/entitlements?platform=market', { key: keys.admin });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed', details: { fields: [{ path: 'merchant' }] } } },
    });
    expect((await call('GET', '/entitlements?platform=market')).status).toBe(401);
  });

  test('unknown merchants and platforms are 404', async () => {
    for (const query of ['merchant=mer_no&platform=market', 'merchant=mer_acme&platform=no']) {
      expect((await call('GET', `/entitlements?${query}`, { key: keys.admin })).status).toBe(404);
    }
  });

  test('JSON that is none, and too much of it', async () => {
    const malformed = await call('POST', '/check', { key: keys.admin, body: '{"merchant":' });
    expect(malformed).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
    const huge = await call('POST', '/check', { key: keys.admin, body: { pad: 'x'.repeat(1024 * 1024) } });
    expect(huge).toMatchObject({ status: 413, body: { error: { code: 'payload_too_large' } } });
    const empty = await call('POST', '/check', { key: keys.admin });
    expect(empty.body.error).toMatchObject({ code: 'validation_failed' });
  });

  test("a body of another type, and text that no row can hold, are the caller's fault", async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      const answer = await call('POST', '/check', { key: keys.admin, headers, body: '{}' });
      expect(answer, type).toMatchObject({
        status: 400,
        body: { error: { details: { fields: [{ path: 'Content-Type' }] } } },
      });
    }
    const odd = (merchant: string) => ({ merchant, platform: 'market', feature: 'max_products' });
    for (const [path, answer] of [
      ['merchant', await call('POST', '/check', { key: keys.admin, body: odd('a\u0000b') })],
      ['merchant', await call('POST', '/check', { key: keys.admin, body: odd('a\ud800b') })],
      ['merchant', await call('GET', '/entitlements?merchant=%00&platform=market', { key: keys.admin })],
      ['store', await call('GET', '/store/billing/usage?store=%00', { key: keys.admin })],
      ['id', await call('GET', '/admin/webhook-events/a%00', { key: keys.admin })],
    ] as const) {
      expect(answer).toMatchObject({
        status: 400,
        body: {
          error: { code: 'validation_failed', details: { fields: [{ path, rule: 'unstorable' }] } },
        },
      });
    }
  });

  test('the OpenAPI document describes every route', async () => {
    const { status, body } = await call('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain('/api/v1/store/billing/usage');
    expect(body.components.schemas.FeatureSummary.properties.limit.type).toEqual(['integer', 'null']);
  });
});

/** Open to everybody. */
const publicRoutes: string[] = ['get /products'];
