import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, tiers } from '@/db/schema';
import { saveAsSuccessor } from '@/lib/billing/plans/tier-successor';
import { findSuccessor, listTiers } from '@/lib/billing/plans/tiers';
import { openStage, type Stage } from '@/testing/stage';
import { keyOf, person, testApi } from './testing';

let stage: Stage;
let call: ReturnType<typeof testApi>;
const admin = person('admin');
const support = person('support');
const base = '/admin/subscriptions';

beforeAll(async () => {
  stage = await openStage();
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://unused',
    AUTH_SECRET: 'a secret of a test, long enough for a session',
    APP_URL: 'http://app.test',
    STRIPE_SECRET_KEY: 'sk_test_local',
    STRIPE_API_BASE: stage.url,
  });
  call = testApi(stage.db, () => new Date());
});
afterAll(() => stage.close());

describe('tiers', () => {
  const make = (code: string, more: object = {}) =>
    call('POST', `${base}/tiers`, {
      as: admin,
      body: { code, name: 'Starter', price_monthly_cents: 1900, ...more },
    });

  test('are made, changed and deleted, each with its audit row', async () => {
    const made = await make('starter', { price_annual_cents: 19_000 });
    expect(made).toMatchObject({
      status: 201,
      body: { code: 'starter', revision: 1, subscribers: 0, price_annual_cents: 19_000 },
    });
    const changed = await call('PATCH', `${base}/tiers/starter`, {
      as: admin,
      body: { price_monthly_cents: 2900, revision: 1 },
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { price_monthly_cents: 2900, price_annual_cents: 19_000, revision: 2 },
    });
    const late = await call('PATCH', `${base}/tiers/starter`, {
      as: admin,
      body: { name: 'Other', revision: 1 },
    });
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'edit_conflict' } } });
    const gone = await call('DELETE', `${base}/tiers/starter`, { as: admin });
    expect(gone).toMatchObject({ status: 200, body: { code: 'starter' } });
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.entity, 'tier'));
    expect(trail.map((row) => row.action)).toEqual(
      expect.arrayContaining(['tier.created', 'tier.updated', 'tier.deleted']),
    );
  });

  const eur = { currency: 'EUR', interval: 'month', unit_amount: 100 };
  test.each([
    [{ code: 'with spaces' }, 'code'],
    [{ code: 'Essential' }, 'code'],
    [{ code: 'tab\there' }, 'code'],
    [{ code: '' }, 'code'],
    [{ code: 'a'.repeat(51) }, 'code'],
    [{ name: undefined }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'n'.repeat(81) }, 'name'],
    [{ description: 'd'.repeat(501) }, 'description'],
    [{ price_monthly_cents: -1 }, 'price_monthly_cents'],
    [{ price_monthly_cents: 1.5 }, 'price_monthly_cents'],
    [{ price_monthly_cents: '19' }, 'price_monthly_cents'],
    [{ price_annual_cents: 100_000_001 }, 'price_annual_cents'],
    [{ trial_days: -1 }, 'trial_days'],
    [{ trial_days: 731 }, 'trial_days'],
    [{ display_order: -1 }, 'display_order'],
    [{ display_order: 10_001 }, 'display_order'],
    [{ display_order: 'first' }, 'display_order'],
    [{ stripe_product_id: 'essential' }, 'stripe_product_id'],
    [{ prices: [{ ...eur, currency: 'euro' }] }, 'prices[0].currency'],
    [{ prices: [{ ...eur, currency: 'XXX' }] }, 'prices[0].currency'],
    [{ prices: [eur, { ...eur, currency: 'eur' }] }, 'prices[1].currency'],
    [{ prices: [{ ...eur, interval: 'week' }] }, 'prices[0].interval'],
    [{ prices: [eur, { ...eur, interval: 'year', unit_amount: -5 }] }, 'prices[1].unit_amount'],
    [{ prices: [{ ...eur, unit_amount: 9.99 }] }, 'prices[0].unit_amount'],
    [{ prices: [{ ...eur, stripe_price_id: 'prod_1' }] }, 'prices[0].stripe_price_id'],
  ])('%j is refused at its field, and nothing is saved', async (bad, path) => {
    const all = () => stage.db.select().from(tiers).orderBy(tiers.id);
    const before = await all();
    const { code, ...patch }: Record<string, unknown> = { code: 'bad', name: 'Bad', ...bad };
    const asked = [await call('POST', `${base}/tiers`, { as: admin, body: { code, ...patch } })];
    if (code === 'bad' && patch.name !== undefined)
      asked.push(await call('PATCH', `${base}/tiers/professional`, { as: admin, body: patch }));
    for (const answer of asked) {
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
      const paths = answer.body.error.details.fields.map((field: { path: string }) => field.path);
      expect(paths.map((one: string) => one.replace('.[', '['))).toContain(path);
    }
    expect(await all()).toEqual(before);
  });

  test.each([
    [{ feature_code: 'max_products', limit_value: -1 }, '[0].limit_value'],
    [{ feature_code: 'max_products', limit_value: 1.5 }, '[0].limit_value'],
    [{ feature_code: 'max_products', limit_value: 'many' }, '[0].limit_value'],
    [{ feature_code: 'max_products', limit_value: 1e18 }, '[0].limit_value'],
    [{ feature_code: 'max_products' }, '[0].limit_value'],
    [{ feature_code: 'api_access', limit_value: 1 }, '[0].limit_value'],
    [{ feature_code: 'no_such_feature', limit_value: 1 }, '[0].feature_code'],
    [{ feature_code: 'max_products', limit_value: 1, enabled: 'maybe' }, '[0].enabled'],
  ])('the limit %j is refused at its field, and nothing is saved', async (row, path) => {
    const limits = () => call('GET', `${base}/features/tiers/professional/limits`, { as: admin });
    const before = (await limits()).body;
    const answer = await call('PUT', `${base}/features/tiers/professional/limits`, {
      as: admin,
      body: [row, { feature_code: 'max_team_members', limit_value: 77 }],
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
    const paths = answer.body.error.details.fields.map((field: { path: string }) => field.path);
    expect(paths).toContain(path);
    expect((await limits()).body).toEqual(before);
  });

  test('one that the platform gives by itself stays active', async () => {
    const off = { as: admin, body: { is_active: false } };
    expect(await call('PATCH', `${base}/tiers/essential`, off)).toMatchObject({
      status: 409,
      body: { error: { code: 'tier_has_role', details: { role: 'trial' } } },
    });
  });

  test('deleted from a stale page, one stays', async () => {
    await make('fleeting');
    await call('PATCH', `${base}/tiers/fleeting`, { as: admin, body: { name: 'Lasting' } });
    const gone = (revision: number) =>
      call('DELETE', `${base}/tiers/fleeting?revision=${revision}`, { as: admin });
    expect(await gone(1)).toMatchObject({ status: 409, body: { error: { code: 'edit_conflict' } } });
    expect(await gone(2)).toMatchObject({ status: 200 });
  });

  test('a code is had once', async () => {
    expect((await make('twice')).status).toBe(201);
    for (const code of ['twice', ' twice ']) {
      expect(await make(code)).toMatchObject({ status: 409, body: { error: { code: 'tier_code_taken' } } });
    }
  });

  test('one in use cannot be deleted', async () => {
    await stage.merchant({ trialDays: 30 });
    const answer = await call('DELETE', `${base}/tiers/essential`, { as: admin });
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'tier_in_use' } } });
  });

  test('two admins at once: one is told', async () => {
    await make('raced');
    const edit = (name: string) =>
      call('PATCH', `${base}/tiers/raced`, { as: admin, body: { name, revision: 1 } });
    const codes = (await Promise.all([edit('A'), edit('B')])).map((answer) => answer.status).sort();
    expect(codes).toEqual([200, 409]);
  });
});

describe('a merchant', () => {
  const body = (n: number) => ({
    name: `New ${n}`,
    email: `new${n}@example.test`,
    platform: 'market',
    store: { code: `NEW${n}`, name: 'New' },
    owner: { email: `owner${n}@example.test`, name: 'Owner' },
  });

  test('is made with its store and owner, in its local trial', async () => {
    const made = await call('POST', '/admin/merchants', { as: admin, body: body(1) });
    expect(made).toMatchObject({ status: 201, body: { store_code: 'NEW1' } });
    const pair = `${base}/merchants/${made.body.merchant_id}/platforms/market`;
    const subscription = await call('GET', pair, { as: support });
    expect(subscription.body).toMatchObject({ status: 'trialing', tier: { code: 'essential' } });
    const again = await call('POST', '/admin/merchants', { as: admin, body: body(1) });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'store_code_taken' } } });
    const sameOwner = await call('POST', '/admin/merchants', {
      as: admin,
      body: { ...body(2), owner: { email: 'OWNER1@example.test', name: 'x' } },
    });
    expect(sameOwner).toMatchObject({ status: 409, body: { error: { code: 'email_taken' } } });
  });

  test('gets its trial extended, a plan for free, and is not touched where Stripe has it', async () => {
    const { account } = await stage.merchant({ trialDays: 5 });
    const pair = `${base}/merchants/${account.merchantId}/platforms/market`;
    const until = new Date(Date.now() + 40 * 86_400_000).toISOString();
    const extended = await call('PUT', pair, { as: admin, body: { trial_end: until, reason: 'Fair start' } });
    expect(extended).toMatchObject({ status: 200, body: { status: 'trialing', trial_end: until } });
    const comped = await call('PUT', pair, { as: admin, body: { tier_code: 'business', status: 'active' } });
    expect(comped).toMatchObject({ status: 200, body: { status: 'active', tier: { code: 'business' } } });
    const customer = await stage.customer(account);
    await stage.stripe.subscriptions.create({
      customer,
      items: [{ price: await stage.price('essential') }],
      metadata: stage.marks(account, 'essential'),
    });
    await stage.deliverNew();
    const status = await call('PUT', pair, { as: admin, body: { status: 'canceled' } });
    expect(status).toMatchObject({ status: 409, body: { error: { code: 'managed_by_stripe' } } });
    const upgraded = await call('PUT', pair, { as: admin, body: { tier_code: 'professional' } });
    expect(upgraded).toMatchObject({ status: 200, body: { tier: { code: 'professional' } } });
    const live = await stage.stripe.subscriptions.list({ customer });
    expect(live.data[0]?.items.data[0]?.price.unit_amount).toBe(9900);
  });
});

describe('a subscription set by hand', () => {
  test('is given until a date, and charged at an agreed price where Stripe has it', async () => {
    const { account } = await stage.merchant();
    const pair = `${base}/merchants/${account.merchantId}/platforms/market`;
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const given = await call('PUT', pair, {
      as: admin,
      body: { tier_code: 'business', cancel_at: until, reason: 'Partner' },
    });
    expect(given).toMatchObject({ status: 200, body: { status: 'active', cancel_at: until } });
    const late = await call('PUT', pair, { as: admin, body: { cancel_at: '2020-01-01T00:00:00Z' } });
    expect(late).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed', details: { fields: [{ path: 'cancel_at' }] } } },
    });
    const shop = await stage.subscriber('business');
    const paying = `${base}/merchants/${shop.account.merchantId}/platforms/market`;
    const noPrice = await call('PUT', paying, { as: admin, body: { tier_code: 'enterprise' } });
    expect(noPrice.body.error.details.fields).toMatchObject([{ path: 'unit_amount', rule: 'no_own_price' }]);
    const agreed = await call('PUT', paying, {
      as: admin,
      body: { tier_code: 'enterprise', unit_amount: 50_000 },
    });
    expect(agreed).toMatchObject({ status: 200, body: { tier: { code: 'enterprise' } } });
    const owned = await call('PUT', paying, { as: admin, body: { cancel_at: until } });
    expect(owned).toMatchObject({ status: 409, body: { error: { code: 'managed_by_stripe' } } });
    const list = await call('GET', `${base}?search=${shop.storeCode}`, { as: support });
    expect(list.body.data).toMatchObject([{ mrr_cents: 50_000, over_limit: [], grandfathered: false }]);
    expect((await call('GET', `${base}?state=over_limit`, { as: support })).body.data).toEqual([]);
    expect((await call('GET', `${base}?state=nowhere`, { as: support })).status).toBe(400);
  });
});

describe('a plan that is not offered any more', () => {
  test('is kept by those who have it, who are found, and can be moved to what followed it', async () => {
    const { account } = await stage.merchant();
    const pair = `${base}/merchants/${account.merchantId}/platforms/market`;
    for (const code of ['classic', 'hidden'])
      await call('POST', `${base}/tiers`, {
        as: admin,
        body: { code, name: code, price_monthly_cents: 2900 },
      });
    await call('PUT', pair, { as: admin, body: { tier_code: 'classic' } });
    const found = async () =>
      (await call('GET', `${base}?state=grandfathered`, { as: support })).body.data.map(
        (row: { merchant_id: string; grandfathered: boolean }) => [row.merchant_id, row.grandfathered],
      );
    expect(await found()).toEqual([]);
    const who = { actor: { kind: 'user' as const, id: 'usr_admin' }, now: new Date() };
    await saveAsSuccessor(stage.db, account.platformId, 'classic', { code: 'modern' }, who);
    expect(await found()).toEqual([[account.merchantId, true]]);
    await saveAsSuccessor(stage.db, account.platformId, 'modern', { code: 'newest' }, who);
    const tiers = await listTiers(stage.db, account.platformId);
    const old = tiers.find((tier) => tier.code === 'classic');
    if (!old) throw new Error('no classic');
    expect(findSuccessor(tiers, old)?.code).toBe('newest');
    await call('PUT', pair, { as: admin, body: { tier_code: 'newest' } });
    expect(await found()).toEqual([]);
    await call('PUT', pair, { as: admin, body: { tier_code: 'hidden' } });
    await call('PATCH', `${base}/tiers/hidden`, { as: admin, body: { is_public: false } });
    expect(await found()).toEqual([[account.merchantId, true]]);
  });
});

describe('the list of subscriptions', () => {
  test('pages by cursor without losing or doubling a row, in every order', async () => {
    for (let i = 0; i < 7; i++) {
      const { account } = await stage.merchant({ trialDays: 10 + i });
      // What is given without an end has no period's end: more of them than a page holds.
      if (i < 4)
        await call('PUT', `${base}/merchants/${account.merchantId}/platforms/market`, {
          as: admin,
          body: { tier_code: 'business', status: 'active' },
        });
    }
    for (const sort of ['started', 'period_end', 'mrr']) {
      const seen: string[] = [];
      let cursor = '';
      let first = '';
      do {
        const page = await call('GET', `${base}?limit=3&sort=${sort}${cursor && `&cursor=${cursor}`}`, {
          as: support,
        });
        expect(page.status).toBe(200);
        seen.push(...page.body.data.map((row: { id: string }) => row.id));
        cursor = page.body.next_cursor ?? '';
        first ||= cursor;
      } while (cursor);
      const other = sort === 'mrr' ? 'started' : 'mrr';
      const foreign = await call('GET', `${base}?sort=${other}&cursor=${first}`, { as: support });
      expect(foreign.status, 'a cursor of another order').toBe(400);
      expect(new Set(seen).size, sort).toBe(seen.length);
      expect(seen.length, sort).toBeGreaterThanOrEqual(7);
    }
  });

  test('filters and searches', async () => {
    const { storeCode, account } = await stage.merchant({ trialDays: 30 });
    const found = await call(
      'GET',
      `${base}?search=${storeCode.toLowerCase()}&status=trialing&tier=essential`,
      { as: admin },
    );
    expect(
      found.body.data.some((row: { merchant_id: string }) => row.merchant_id === account.merchantId),
    ).toBe(true);
    const none = await call('GET', `${base}?search=${storeCode}&status=active`, { as: admin });
    expect(none.body.data).toEqual([]);
    expect((await call('GET', `${base}?cursor=junk`, { as: admin })).status).toBe(400);
    expect((await call('GET', `${base}?platform=nowhere`, { as: admin })).status).toBe(404);
  });

  test('its sums are the figures: recurring revenue equals what Stripe charges', async () => {
    const stats = await call('GET', `${base}/stats`, { as: support });
    let atStripe = 0;
    for await (const subscription of stage.stripe.subscriptions.list({ limit: 100 })) {
      if (subscription.status !== 'active' && subscription.status !== 'past_due') continue;
      for (const item of subscription.items.data) {
        const amount = (item.price.unit_amount ?? 0) * (item.quantity ?? 1);
        atStripe += item.price.recurring?.interval === 'year' ? Math.round(amount / 12) : amount;
      }
    }
    const eur = stats.body.mrr.find((sum: { currency: string }) => sum.currency === 'EUR');
    expect(eur?.amount ?? 0).toBe(atStripe);
    expect(Object.values(stats.body.by_status as Record<string, number>).reduce((a, b) => a + b, 0)).toBe(
      stats.body.total,
    );
  });
});

test("a day that no calendar has is the caller's fault", async () => {
  const { account } = await stage.merchant({ trialDays: 9 });
  const path = `${base}/features/merchants/${account.merchantId}/overrides?platform=market`;
  for (const day of [
    '0000-01-01',
    '0000-01-01T00:00:00Z',
    '2026-02-30',
    '99999-01-01',
    '9999-12-31T23:59:59-14:00',
  ]) {
    const row = { feature_code: 'max_products', limit_value: 5, reason: 'r', starts_at: day };
    expect(await call('PUT', path, { as: admin, body: [row] }), day).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed' } },
    });
  }
});

describe('people', () => {
  test('owners and team members add up to the people there are', async () => {
    const { body } = await call('GET', '/admin/merchant-users/stats', { as: support });
    expect(body.owners + body.team_members).toBe(body.total);
    const page = await call('GET', '/admin/merchant-users?role=owner&limit=100', { as: support });
    expect(page.body.data.length).toBe(body.owners);
  });
});

describe('the inbox', () => {
  test('is read by staff, replayed and set aside by admins', async () => {
    const event = {
      id: 'evt_admin_1',
      object: 'event',
      type: 'customer.updated',
      created: 1,
      livemode: false,
      data: { object: { id: 'cus_stranger', object: 'customer' } },
    };
    await stage.deliver(event);
    const list = await call('GET', '/admin/webhook-events?status=ignored', { as: support });
    expect(list.body.data.some((row: { id: string }) => row.id === event.id)).toBe(true);
    expect((await call('GET', `/admin/webhook-events/${event.id}`, { as: support })).body.payload.id).toBe(
      event.id,
    );
    expect((await call('POST', `/admin/webhook-events/${event.id}/replay`, { as: support })).status).toBe(
      403,
    );
    expect((await call('POST', `/admin/webhook-events/${event.id}/replay`, { as: admin })).body.status).toBe(
      'ignored',
    );
    const noReason = await call('POST', `/admin/webhook-events/${event.id}/ignore`, { as: admin, body: {} });
    expect(noReason.status).toBe(400);
    expect((await call('GET', '/admin/webhook-events/evt_none', { as: admin })).status).toBe(404);
  });
});

describe('who may', () => {
  test('owners get in nowhere; support reads and changes nothing', async () => {
    const { account } = await stage.merchant({ trialDays: 30 });
    const owner = person('owner', account.merchantId);
    const usage = await keyOf(stage.db, 'usage');
    const pair = `${base}/merchants/${account.merchantId}/platforms/market`;
    const reads = [
      base,
      `${base}/tiers`,
      `${base}/stats`,
      pair,
      '/admin/merchant-users',
      '/admin/merchant-users/stats',
      '/admin/webhook-events',
    ];
    for (const path of reads) {
      expect((await call('GET', path, { as: owner })).status, path).toBe(403);
      expect((await call('GET', path, { key: usage })).status, path).toBe(403);
      expect((await call('GET', path, { as: support })).status, path).toBe(200);
    }
    const writes: [string, string, unknown][] = [
      ['POST', `${base}/tiers`, { code: 'nope', name: 'Nope' }],
      ['PATCH', `${base}/tiers/essential`, { name: 'Nope' }],
      ['DELETE', `${base}/tiers/essential`, undefined],
      ['PUT', pair, { status: 'active' }],
      ['POST', '/admin/merchants', {}],
    ];
    for (const [method, path, body] of writes) {
      for (const as of [owner, support])
        expect((await call(method, path, { as, body })).status, path).toBe(403);
    }
  });
});
