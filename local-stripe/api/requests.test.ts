import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, client, customerWith, open, price, refused } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const raw = (path: string, headers: Record<string, string>, body?: string) =>
  fetch(`${bench.running.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: 'Bearer sk_test_local',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });

describe('what may be expanded (stripe.md D2)', () => {
  test('four segments, `data` counted as well, whether or not the object is there (stripe.md D1)', async () => {
    const deep = { statusCode: 400, code: 'property_expansion_max_depth', param: 'expand' };
    const paths = [
      'latest_invoice.payments.data.payment.payment_intent',
      'items.data.discounts.source.coupon',
    ];
    for (const path of paths)
      expect(await refused(stripe.subscriptions.retrieve('sub_none', { expand: [path] }))).toMatchObject(
        deep,
      );
    expect(
      await refused(stripe.subscriptions.list({ expand: ['data.items.data.price.product'] })),
    ).toMatchObject(deep);
    expect(
      (
        await refused(
          stripe.invoices.retrieve('in_none', { expand: ['payments.data.payment.payment_intent'] }),
        )
      ).statusCode,
    ).toBe(404);
  });
  test('the first property is looked at before the object is', async () => {
    const error = await refused(stripe.subscriptions.retrieve('sub_none', { expand: ['currency'] }));
    expect(error).toMatchObject({ statusCode: 400, param: 'expand' });
    expect((await refused(stripe.subscriptions.retrieve('sub_none', { expand: ['plan'] }))).statusCode).toBe(
      400,
    );
    expect(
      (await refused(stripe.subscriptions.retrieve('sub_none', { expand: ['customer'] }))).statusCode,
    ).toBe(404);
  });
  test('a list wants data first', async () => {
    expect(await refused(stripe.subscriptions.list({ expand: ['customer'] }))).toMatchObject({
      param: 'expand',
    });
    expect(await refused(stripe.subscriptions.list({ expand: ['data'] }))).toMatchObject({ param: 'expand' });
    expect((await stripe.subscriptions.list({ expand: ['data.customer'] })).object).toBe('list');
  });
  test('what lies deeper is not looked at', async () => {
    const customer = await customerWith(stripe, 'pm_card_visa');
    const found = await stripe.customers.retrieve(customer.id, {
      expand: ['invoice_settings.default_payment_method.nothing'],
    });
    expect((found as Stripe.Customer).invoice_settings.default_payment_method).toMatchObject({
      type: 'card',
    });
  });
});

describe('haste (stripe.md D3)', () => {
  test('30 calls at once pass, 60 are partly shed, and no header asks to come again', async () => {
    await bench.local('settings', { rate: 'sandbox' });
    const fire = (calls: number) =>
      Promise.all(
        Array.from({ length: calls }, () =>
          stripe.balance.retrieve().then(
            () => null,
            (error) => error,
          ),
        ),
      );
    expect((await fire(30)).filter(Boolean)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1700));
    const shed = (await fire(60)).filter(Boolean) as Stripe.errors.StripeError[];
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.length).toBeLessThan(60);
    expect(shed[0]).toMatchObject({ statusCode: 429, code: 'rate_limit' });
    expect(shed[0]?.headers?.['stripe-rate-limited-reason']).toMatch(/-rate$/);
    expect(shed[0]?.headers?.['stripe-should-retry']).toBeUndefined();
    await bench.local('settings', { rate: 'off' });
  });
  test('lock_timeout asks to come again (stripe.md D11)', async () => {
    await bench.local('faults', { api: { status: 'lock_timeout', next: 1 } });
    const error = await refused(stripe.balance.retrieve());
    expect(error).toMatchObject({ statusCode: 429, code: 'lock_timeout' });
    expect(error.headers?.['stripe-should-retry']).toBe('true');
    expect(error.headers?.['stripe-rate-limited-reason']).toBeUndefined();
  });
});

test('reads are counted by kind, and start anew when told to (stripe.md D4)', async () => {
  await bench.local('reads/reset', {});
  await stripe.customers.create();
  await stripe.balance.retrieve();
  await stripe.customers.list();
  await stripe.customers.list();
  expect((await bench.local('reads')).body).toEqual({
    total: 3,
    by: { 'GET /v1/balance': 1, 'GET /v1/customers': 2 },
  });
  await fetch(`${bench.running.url}/_local/reads`, { method: 'DELETE' });
  expect((await bench.local('reads')).body).toEqual({ total: 0, by: {} });
});

describe('metadata (stripe.md D5)', () => {
  const keys = (count: number, from = 0) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${from + at}`, 'x']));
  const tries: [string, Record<string, string>][] = [
    ['51 keys', keys(51)],
    ['a key of 41 characters', { ['k'.repeat(41)]: 'x' }],
    ['a value of 501 characters', { key: 'x'.repeat(501) }],
    ['a bracket in a key', { 'a[b]': 'x' }],
  ];
  test.each(tries)('%s are refused', async (_what, metadata) => {
    const error = await refused(stripe.customers.create({ metadata }));
    expect(error.statusCode).toBe(400);
    expect(error.param).toMatch(/^metadata/);
  });
  test('50 in all, and an update past them changes nothing', async () => {
    const made = await stripe.products.create({ name: 'Full', metadata: keys(50) });
    const more = stripe.products.update(made.id, { name: 'Fuller', metadata: keys(1, 99) });
    expect(await refused(more)).toMatchObject({ statusCode: 400, param: 'metadata' });
    expect((await stripe.products.retrieve(made.id)).name).toBe('Full');
  });
});

describe('idempotency keys (stripe.md D6)', () => {
  test('255 characters at most', async () => {
    const error = await refused(stripe.customers.create({}, { idempotencyKey: 'k'.repeat(256) }));
    expect(error.statusCode).toBe(400);
    await stripe.customers.create({}, { idempotencyKey: 'k'.repeat(255) });
  });
  test('a replay is the first answer, whatever became of the object (stripe.md D39)', async () => {
    const pro = await price(stripe, 'Replayed', 9900);
    const buy = () =>
      stripe.checkout.sessions.create(
        { mode: 'subscription', line_items: [{ price: pro.id, quantity: 1 }], success_url: 'https://x.test' },
        { idempotencyKey: 'replayed-session' },
      );
    const first = await buy();
    await stripe.checkout.sessions.expire(first.id);
    const again = await buy();
    expect([again.id, again.status, again.url]).toEqual([first.id, 'open', first.url]);
    expect((await stripe.checkout.sessions.retrieve(first.id)).status).toBe('expired');
    expect(await refused(stripe.checkout.sessions.expire(first.id))).toMatchObject({ statusCode: 400 });
  });
});

describe('headers of an answer (stripe.md G3, F10)', () => {
  test('what was executed says that it need not be tried again, and names its first run', async () => {
    const made = await raw('/v1/customers', { 'idempotency-key': 'h1' }, 'name=A');
    expect(made.headers.get('stripe-should-retry')).toBe('false');
    expect(made.headers.get('original-request')).toBe(made.headers.get('request-id'));
    const again = await raw('/v1/customers', { 'idempotency-key': 'h1' }, 'name=A');
    expect(again.headers.get('original-request')).toBe(made.headers.get('request-id'));
    const customer = await stripe.customers.create();
    const declined = stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id });
    expect((await refused(declined)).headers?.['stripe-should-retry']).toBe('false');
  });
  test('a refusal at validation does not, nor a read or a deletion; a deletion echoes its key', async () => {
    const error = await refused(stripe.customers.create({ nope: 1 } as Stripe.CustomerCreateParams));
    expect(error.headers?.['stripe-should-retry']).toBeUndefined();
    const customer = await stripe.customers.create();
    const gone = await fetch(`${bench.running.url}/v1/customers/${customer.id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer sk_test_local', 'idempotency-key': 'd1' },
    });
    expect(gone.headers.get('idempotency-key')).toBe('d1');
    expect(gone.headers.get('original-request')).toBeNull();
    expect(gone.headers.get('stripe-should-retry')).toBeNull();
  });
  test('a refusal that names a parameter is not kept under the key', async () => {
    const give = () =>
      stripe.prices.create(
        { currency: 'eur', unit_amount: 100, product: 'prod_later' },
        { idempotencyKey: 'not-kept' },
      );
    expect(await refused(give())).toMatchObject({ code: 'resource_missing', param: 'product' });
    await stripe.products.create({ id: 'prod_later', name: 'Later' });
    expect((await give()).product).toBe('prod_later');
  });
  test('the version asked for is echoed; without one it is the account’s', async () => {
    await bench.local('settings', { account_version: '2025-10-29.clover' });
    expect((await raw('/v1/balance', {})).headers.get('stripe-version')).toBe('2025-10-29.clover');
    const asked = await raw('/v1/balance', { 'stripe-version': '2026-10-28.endive' });
    expect(asked.headers.get('stripe-version')).toBe('2026-10-28.endive');
    await bench.local('settings', { account_version: '2026-10-28.endive' });
  });
  test('a 401 has neither request id nor code', async () => {
    const answer = await raw('/v1/balance', { authorization: 'Bearer sk_test_other' });
    expect(answer.headers.get('request-id')).toBeNull();
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Stripe"');
    expect(Object.keys(((await answer.json()) as { error: object }).error).sort()).toEqual([
      'message',
      'type',
    ]);
  });
});

describe('lengths (stripe.md D7)', () => {
  const long = (characters: number) => 'x'.repeat(characters);
  const urls = { success_url: 'https://x.test' };
  test.each<[string, () => Promise<unknown>]>([
    ['email', () => stripe.customers.create({ email: `${long(510)}@x.y` })],
    ['name', () => stripe.customers.create({ name: long(257) })],
    ['business_name', () => stripe.customers.create({ business_name: long(151) })],
    [
      'lookup_key',
      () => stripe.prices.create({ currency: 'eur', unit_amount: 1, product: 'p', lookup_key: long(201) }),
    ],
    [
      'client_reference_id',
      () => stripe.checkout.sessions.create({ mode: 'setup', ...urls, client_reference_id: long(201) }),
    ],
    ['description', () => stripe.subscriptions.create({ customer: 'c', items: [], description: long(501) })],
    [
      'business_profile[headline]',
      () =>
        stripe.billingPortal.configurations.create({
          business_profile: { headline: long(61) },
          features: {},
        }),
    ],
  ])('%s', async (param, work) => {
    expect(await refused(work())).toMatchObject({ statusCode: 400, param });
  });
});

test('a live key wants https (stripe.md D8)', async () => {
  const live = client(bench.running.port, 'sk_live_local');
  const session = (url: string) =>
    live.checkout.sessions.create({ mode: 'setup', currency: 'eur', success_url: url });
  expect(await refused(session('http://x.test'))).toMatchObject({
    code: 'url_invalid',
    param: 'success_url',
  });
  const endpoint = live.webhookEndpoints.create({ url: 'http://x.test', enabled_events: ['*'] });
  expect(await refused(endpoint)).toMatchObject({ code: 'url_invalid', param: 'url' });
  const portal = live.billingPortal.sessions.create({ customer: 'cus_x', return_url: 'http://x.test' });
  expect(await refused(portal)).toMatchObject({ code: 'url_invalid', param: 'return_url' });
  expect((await session('https://x.test')).object).toBe('checkout.session');
});

describe('lists (stripe.md D9, F12)', () => {
  test.each([0, 101])('a limit of %i', async (limit) => {
    expect(await refused(stripe.prices.list({ limit }))).toMatchObject({ statusCode: 400, param: 'limit' });
  });
  test('ids and a cursor', async () => {
    const list = stripe.products.list({ ids: ['prod_a'], starting_after: 'prod_b' });
    expect(await refused(list)).toMatchObject({ statusCode: 400, param: 'ids' });
  });
  test('total_count is not counted', async () => {
    const list = stripe.customers.list({ include: ['total_count'] } as Stripe.CustomerListParams);
    expect(await refused(list)).toMatchObject({ statusCode: 400, param: 'include' });
  });
});

test('a restricted key is told which permission it lacks (stripe.md D10)', async () => {
  const restricted = client(bench.running.port, 'rk_test_local');
  await bench.local('settings', { restricted_key: ['rak_customer_write', 'rak_plan_read'] });
  expect((await restricted.customers.create()).object).toBe('customer');
  expect((await restricted.customers.list()).object).toBe('list');
  expect((await restricted.prices.list()).object).toBe('list');
  const error = await refused(restricted.subscriptions.list());
  expect(error).toBeInstanceOf(Stripe.errors.StripePermissionError);
  expect(error.statusCode).toBe(403);
  expect(error.message).toContain('rak_subscription_read');
  expect((await refused(restricted.prices.update('price_x', { active: false }))).message).toContain(
    'rak_plan_write',
  );
});
