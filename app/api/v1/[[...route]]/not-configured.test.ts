import { afterAll, beforeAll, expect, test } from 'vitest';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { testDatabase } from '@/db/testing';
import { person, testApi } from './testing';

let database: Awaited<ReturnType<typeof testDatabase>>;
let call: ReturnType<typeof testApi>;

beforeAll(async () => {
  database = await testDatabase();
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://unused',
    AUTH_SECRET: 'a secret of a test, long enough for a session',
    APP_URL: 'http://app.test',
    STRIPE_SECRET_KEY: '',
    STRIPE_API_BASE: '',
    STRIPE_WEBHOOK_SECRET: '',
  });
  await makeCatalogue(database.db);
  await makeMerchant(database.db, {
    key: 'bare',
    name: 'Bare',
    platformId: MARKET,
    stores: [{ code: 'BARE', name: 'Bare' }],
    owner: { email: 'owner@bare.test', name: 'Owner' },
    at: new Date(),
  });
  call = testApi(database.db, () => new Date());
});
afterAll(() => database.close());

const owner = person('owner', 'mer_bare');

test.each([
  ['POST', '/checkout', { tier_code: 'professional' }],
  ['POST', '/portal', undefined],
  ['POST', '/change-tier', { tier_code: 'professional' }],
  ['POST', '/addons/purchase', { addon_code: 'email_5' }],
  ['POST', '/credits/checkout', { package_code: 'credits_100' }],
])('without a Stripe key %s %s says that payments are not configured', async (method, path, body) => {
  const answer = await call(method, `/store/billing${path}`, { as: owner, body });
  expect(answer).toMatchObject({ status: 503, body: { error: { code: 'payment_system_not_configured' } } });
});

test.each([
  '/subscription',
  '/tiers',
  '/usage',
  '/invoices',
  '/addons',
  '/my-addons',
  '/billing-details',
  '/credits',
])('and %s is read as ever', async (path) => {
  expect((await call('GET', `/store/billing${path}`, { as: owner })).status).toBe(200);
});

test('the webhook route is switched off by an empty secret', async () => {
  const { POST } = await import('../../webhooks/stripe/route');
  const answer = await POST(
    new Request('http://app.test/api/webhooks/stripe', { method: 'POST', body: '{}' }),
  );
  expect(answer.status).toBe(404);
});
