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

describe('the key', () => {
  test('any other key is refused in Stripe’s shape', async () => {
    const error = await refused(client(bench.running.port, 'sk_test_other').balance.retrieve());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(error.statusCode).toBe(401);
  });
});

describe('parameters', () => {
  test('an unknown one is named', async () => {
    const error = await refused(
      stripe.customers.create({ emial: 'a@b.test' } as Stripe.CustomerCreateParams),
    );
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'emial', statusCode: 400 });
  });
  test('payment_method_types left Checkout with endive (stripe.md 33)', async () => {
    const params = { mode: 'payment', payment_method_types: ['card'], success_url: 'http://x.test' };
    const error = await refused(
      stripe.checkout.sessions.create(params as unknown as Stripe.Checkout.SessionCreateParams),
    );
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'payment_method_types' });
  });
  test('metadata merges, unsets one key, unsets all', async () => {
    const made = await stripe.customers.create({ metadata: { a: '1', b: '2' } });
    expect((await stripe.customers.update(made.id, { metadata: { a: '', c: '3' } })).metadata).toEqual({
      b: '2',
      c: '3',
    });
    expect((await stripe.customers.update(made.id, { metadata: '' })).metadata).toEqual({});
  });
  test('an empty string clears a field', async () => {
    const made = await stripe.customers.create({ name: 'X', address: { country: 'LU' } });
    const cleared = await stripe.customers.update(made.id, { name: '', address: '' });
    expect([cleared.name, cleared.address]).toEqual([null, null]);
  });
  test.each([
    ['a bad escape', 'name=%E0%A4%A'],
    ['a list whose elements nobody can tell apart', 'tax_id_data[][type]=eu_vat&tax_id_data[][type]=gb_vat'],
    ['a name that is no path', 'metadata[a=1'],
    ['the prototype', 'metadata[__proto__]=1'],
    ['more depth than there is', `metadata${'[a]'.repeat(20)}=1`],
    ['more parameters than a request holds', 'a=1&'.repeat(10_001)],
  ])('%s is a 400', async (_what, body) => {
    const headers = {
      authorization: 'Bearer sk_test_local',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const answer = await fetch(`${bench.running.url}/v1/customers`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
  });
  test('an unknown address is Stripe’s 404', async () => {
    const error = await refused(stripe.rawRequest('GET', '/v1/nothing'));
    expect(error.statusCode).toBe(404);
    expect(error.message).toContain('Unrecognized request URL');
  });
});

describe('idempotency (stripe.md 39)', () => {
  test('the same key answers the same, marked as replayed', async () => {
    const first = await stripe.customers.create({ email: 'i@x.test' }, { idempotencyKey: 'k1' });
    const again = await stripe.customers.create({ email: 'i@x.test' }, { idempotencyKey: 'k1' });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  });
  test('the same key with other parameters is an error', async () => {
    await stripe.customers.create({ email: 'i@x.test' }, { idempotencyKey: 'k2' });
    const error = await refused(stripe.customers.create({ email: 'other@x.test' }, { idempotencyKey: 'k2' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  });
  test('a validation failure is not kept, an executed failure is', async () => {
    await refused(
      stripe.customers.create({ nope: '1' } as Stripe.CustomerCreateParams, { idempotencyKey: 'k3' }),
    );
    await stripe.customers.create({ email: 'ok@x.test' }, { idempotencyKey: 'k3' });
    const customer = await stripe.customers.create();
    const attach = () =>
      stripe.paymentMethods.attach(
        'pm_card_visa_chargeDeclined',
        { customer: customer.id },
        { idempotencyKey: 'k4' },
      );
    expect(await refused(attach())).toMatchObject({ code: 'card_declined', statusCode: 402 });
    expect((await refused(attach())).headers?.['idempotent-replayed']).toBe('true');
  });
});

describe('lists and expand', () => {
  test('pages forward and back without loss', async () => {
    for (let n = 0; n < 25; n += 1) await stripe.products.create({ name: `P${n}` });
    const names: string[] = [];
    for await (const product of stripe.products.list({ limit: 7 })) names.push(product.name);
    expect(names.slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, n) => `P${24 - n}`));
  });
  test('expands through lists and embedded objects', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const [sub] = (
      await stripe.subscriptions.list({
        customer: customer.id,
        expand: ['data.latest_invoice.payments', 'data.customer'],
      })
    ).data;
    const invoice = sub?.latest_invoice as Stripe.Invoice;
    expect(invoice.payments?.data[0]?.status).toBe('paid');
    expect((sub?.customer as Stripe.Customer | undefined)?.email).toBe('owner@acme.test');
    expect(sub?.items.data[0]?.price.unit_amount_decimal?.toString()).toBe('9900');
    // The expansion did not write into the records.
    expect((await stripe.subscriptions.retrieve(sub?.id ?? '')).latest_invoice).toBe(invoice.id);
  });
  test('lookup keys find prices and can be taken over', async () => {
    const product = await stripe.products.create({ name: 'Keyed' });
    const base = { product: product.id, currency: 'eur', unit_amount: 100, lookup_key: 'market:x:month:eur' };
    const first = await stripe.prices.create(base);
    expect((await refused(stripe.prices.create(base))).message).toContain('already uses that lookup key');
    const second = await stripe.prices.create({ ...base, transfer_lookup_key: true });
    const found = await stripe.prices.list({ lookup_keys: ['market:x:month:eur'] });
    expect(found.data.map((one) => one.id)).toEqual([second.id]);
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
  });
});

describe('faults', () => {
  test('500 and 429 for the next n requests', async () => {
    await bench.local('faults', { api: { status: 429, next: 1 } });
    expect(await refused(stripe.balance.retrieve())).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    await bench.local('faults', { api: { status: 500, next: 2 } });
    expect((await refused(stripe.balance.retrieve())).statusCode).toBe(500);
    expect((await refused(stripe.balance.retrieve())).statusCode).toBe(500);
    expect((await stripe.balance.retrieve()).object).toBe('balance');
  });
  test('a timeout never answers', async () => {
    await bench.local('faults', { api: { status: 'timeout', next: 1 } });
    const error = await refused(stripe.balance.retrieve({}, { timeout: 200 }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  });
  test('garbage is a 400', async () => {
    const bad = await fetch(`${bench.running.url}/_local/faults`, { method: 'POST', body: '{' });
    expect(bad.status).toBe(400);
    expect((await bench.local('faults', { webhooks: 'sometimes' })).status).toBe(400);
    expect((await bench.local('nothing', {})).status).toBe(404);
  });
});

test('the Date header is local Stripe’s own clock (stripe.md 45)', async () => {
  await bench.local('advance', { days: 3 });
  const { headers } = (await stripe.balance.retrieve()).lastResponse;
  expect(Date.parse(String(headers.date)) - Date.now()).toBeGreaterThan(2.9 * 86_400_000);
});
