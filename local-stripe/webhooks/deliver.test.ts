import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, client, customerWith, open, price, type Receiver, receiver, START } from '../testing';

let bench: Bench;
let hook: Receiver;
beforeEach(async () => {
  bench = await open();
  hook = await receiver();
});
afterEach(async () => {
  await bench.close();
  hook.close();
});

const listen = (params: Partial<Stripe.WebhookEndpointCreateParams> = {}) =>
  bench.stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['*'], ...params });

describe('deliveries', () => {
  test('signed, retried until 2xx, listed', async () => {
    const endpoint = await listen();
    expect(endpoint.secret).toBeTruthy();
    hook.failing = 1;
    const customer = await bench.stripe.customers.create({ email: 'a@b.test' });
    await expect.poll(() => hook.events.length, { timeout: 5000 }).toBe(1);
    expect(hook.events[0]).toMatchObject({
      type: 'customer.created',
      livemode: false,
      data: { object: { id: customer.id } },
    });
    const list = (await bench.local('deliveries')).body as unknown as { status: string; attempt: number }[];
    expect(list).toMatchObject([{ status: 'delivered', attempt: 2 }]);
  });

  test('previous_attributes say what changed, metadata by key', async () => {
    await listen({ enabled_events: ['customer.updated'] });
    const { id } = await bench.stripe.customers.create({ name: 'Old', metadata: { a: '1', b: '2' } });
    await bench.stripe.customers.update(id, { name: 'New', metadata: { a: '9', c: '3' } });
    await expect.poll(() => hook.events.length).toBe(1);
    expect(hook.events[0]?.data.previous_attributes).toEqual({ name: 'Old', metadata: { a: '1', c: null } });
  });

  test('an endpoint of an old version gets the old shapes (stripe.md 10)', async () => {
    await listen({
      api_version: '2024-06-20',
      enabled_events: ['customer.subscription.created', 'invoice.paid'],
    });
    const pro = await price(bench.stripe, 'Professional', 9900);
    const customer = await customerWith(bench.stripe, 'pm_card_visa');
    const sub = await bench.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
    });
    await expect.poll(() => hook.bodies.length).toBe(2);
    const [created, paid] = hook.bodies
      .map((body) => JSON.parse(body))
      .sort((a, b) => a.type.localeCompare(b.type));
    expect(created.data.object.current_period_end).toBe(sub.items.data[0]?.current_period_end);
    expect(created.data.object.items.data[0]).not.toHaveProperty('current_period_end');
    expect(paid.data.object).toMatchObject({ subscription: sub.id, paid: true });
    expect(paid.data.object).not.toHaveProperty('parent');
    expect(paid.api_version).toBe('2024-06-20');
  });

  test('faults: duplicate, drop, and again', async () => {
    await listen();
    await bench.local('faults', { webhooks: 'duplicate' });
    await bench.stripe.customers.create();
    await expect.poll(() => hook.events.length).toBe(2);
    await bench.local('faults', { webhooks: 'drop' });
    await bench.stripe.customers.create();
    const list = (await bench.local('deliveries')).body as unknown as { event: string; status: string }[];
    const dropped = list.find((one) => one.status === 'dropped');
    expect(dropped).toBeDefined();
    await bench.local('faults', { webhooks: 'normal' });
    await bench.local('deliver', { event: dropped?.event ?? '' });
    expect(hook.events.at(-1)?.id).toBe(dropped?.event);
  });

  test('advance delivers each step, then tells the app its new time', async () => {
    await bench.local('reset', { at: START });
    await listen();
    const pro = await price(bench.stripe, 'Professional', 9900);
    const customer = await customerWith(bench.stripe, 'pm_card_visa');
    await bench.stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const moved = await bench.local('advance', { days: 32 });
    expect(hook.clocks).toHaveLength(32);
    expect(hook.clocks.at(-1)?.now).toBe(moved.body.now);
    expect(hook.events.filter((event) => event.type === 'invoice.paid')).toHaveLength(2);
    expect(hook.events.every((event) => event.created <= Number(moved.body.now))).toBe(true);
  });
});

describe('the store', () => {
  test('ids are the same for the same requests after a reset', async () => {
    const story = async () => {
      await bench.local('reset', { at: START });
      const pro = await price(bench.stripe, 'Professional', 9900);
      const customer = await customerWith(bench.stripe, 'pm_card_visa');
      const sub = await bench.stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: pro.id }],
      });
      const events = await bench.stripe.events.list({ limit: 100 });
      return [pro.id, customer.id, sub.id, sub.latest_invoice, ...events.data.map((event) => event.id)];
    };
    expect(await story()).toEqual(await story());
  });

  test('survives a restart, and a torn last line', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'local-stripe-'));
    const first = await open({ dataDir });
    await first.local('reset', { at: START });
    const customer = await first.stripe.customers.create({ name: 'Kept' });
    await first.local('advance', { days: 5 });
    await first.close();
    const file = join(dataDir, 'local-stripe', 'journal.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"c":[["customers","cus_to`);
    const second = await open({ dataDir });
    expect(await client(second.running.port).customers.retrieve(customer.id)).toMatchObject({ name: 'Kept' });
    const clock = (await second.local('clock')).body;
    expect(Number(clock.now)).toBeGreaterThanOrEqual(START + 5 * 86400);
    const next = await second.stripe.customers.create();
    expect(next.id).not.toBe(customer.id);
    await second.close();
    rmSync(dataDir, { recursive: true });
  });
});
