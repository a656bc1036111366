/** The list of events (stripe.md D65). https://docs.stripe.com/api/events/list */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, type Receiver, receiver, refused, START } from '../testing';

let bench: Bench;
let stripe: Stripe;
let hook: Receiver;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
  hook = await receiver();
});
beforeEach(async () => {
  await bench.local('reset', { at: START });
});
afterAll(async () => {
  hook.close();
  await bench.close();
});

test('by whether every webhook was delivered', async () => {
  await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['customer.created'] });
  await stripe.customers.create({ name: 'Heard' });
  await expect.poll(() => hook.events.length).toBe(1);
  await bench.local('faults', { webhooks: 'drop' });
  await stripe.customers.create({ name: 'Unheard' });
  const named = async (delivery_success: boolean) =>
    (await stripe.events.list({ type: 'customer.created', delivery_success })).data.map(
      (one) => (one.data.object as Stripe.Customer).name,
    );
  await expect.poll(() => named(true)).toEqual(['Heard']);
  expect(await named(false)).toEqual(['Unheard']);
});

test('by up to twenty types, or one, not both', async () => {
  const customer = await stripe.customers.create({ name: 'Acme' });
  await stripe.customers.update(customer.id, { name: 'Acme SA' });
  const types = ['customer.created', 'customer.updated'];
  expect((await stripe.events.list({ types })).data).toHaveLength(2);
  const many = Array.from({ length: 21 }, (_, at) => `made.up${at}`);
  expect((await refused(stripe.events.list({ types: many }))).param).toBe('types');
  expect((await refused(stripe.events.list({ types, type: 'customer.created' }))).code).toBe(
    'parameters_exclusive',
  );
});

test('thirty days back', async () => {
  await stripe.customers.create({ name: 'Acme' });
  const [event] = (await stripe.events.list({ type: 'customer.created' })).data;
  await bench.local('advance', { days: 29 });
  expect((await stripe.events.list({ type: 'customer.created' })).data).toHaveLength(1);
  await bench.local('advance', { days: 2 });
  expect((await stripe.events.list({ type: 'customer.created' })).data).toHaveLength(0);
  expect((await refused(stripe.events.retrieve(String(event?.id)))).statusCode).toBe(404);
});

test('in the version of the account when they were made, whatever the SDK asks for', async () => {
  await bench.local('settings', { account_version: '2024-06-20' });
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const [old] = (await stripe.events.list({ type: 'customer.subscription.created' })).data;
  expect(old?.api_version).toBe('2024-06-20');
  expect(old?.data.object).toHaveProperty('current_period_end');
  await bench.local('settings', { account_version: '2026-10-28.endive' });
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const [now, before] = (await stripe.events.list({ type: 'customer.subscription.created' })).data;
  expect([now?.api_version, before?.api_version]).toEqual(['2026-10-28.endive', '2024-06-20']);
  expect(now?.data.object).not.toHaveProperty('current_period_end');
});

test('`Stripe-Version` decides the shape of an answer (stripe.md G11)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const get = async (version: string) => {
    const answer = await fetch(`${bench.running.url}/v1/subscriptions/${id}?expand[]=latest_invoice`, {
      headers: { authorization: 'Bearer sk_test_local', 'stripe-version': version },
    });
    return (await answer.json()) as { latest_invoice: object };
  };
  const old = await get('2024-06-20');
  expect(old).toHaveProperty('current_period_end');
  expect(old.latest_invoice).toMatchObject({ paid: true, subscription: id });
  const now = await get('2026-10-28.endive');
  expect(now).not.toHaveProperty('current_period_end');
  expect(now.latest_invoice).not.toHaveProperty('paid');
});
