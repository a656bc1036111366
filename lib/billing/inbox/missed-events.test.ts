import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, type Stage } from '@/testing/stage';
import { takeMissedEvents } from './missed-events';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const look = async (since: Date | null) =>
  takeMissedEvents(stage.db, stage.stripe, {
    now: await stage.now(),
    livemode: false,
    since,
    undelivered: true,
  });

test('an hour in which nothing was missed costs one read; what was not delivered is taken in, once', async () => {
  const shop = await stage.subscriber('essential');
  const before = await stage.now();
  await stage.control('/_local/reads/reset', {});
  expect(await look(before)).toBe(0);
  expect(await stage.control('/_local/reads')).toMatchObject({ total: 1 });

  // Nobody listens there: Stripe goes on trying, and says of these events that they were not delivered.
  const endpoint = await stage.stripe.webhookEndpoints.create({
    url: 'http://127.0.0.1:9/api/webhooks/stripe',
    enabled_events: ['*'],
  });
  await stage.stripe.subscriptions.update(shop.subscriptionId, { cancel_at_period_end: true });
  await stage.newEvents();
  expect((await stage.current(shop)).cancelAtPeriodEnd).toBe(false);
  expect(await look(before)).toBeGreaterThan(0);
  expect((await stage.current(shop)).cancelAtPeriodEnd).toBe(true);
  expect(await look(before)).toBe(0);
  await stage.stripe.webhookEndpoints.del(endpoint.id);
});

test('an event listed in another version than ours only rings: what counts is fetched', async () => {
  const shop = await stage.subscriber('essential');
  await stage.stripe.subscriptions.update(shop.subscriptionId, { cancel_at_period_end: true });
  const [event] = (await stage.newEvents()).filter((one) => one.type === 'customer.subscription.updated');
  const { receiveEvent } = await import('./receive');
  const old = {
    ...event,
    data: { object: { id: shop.subscriptionId, object: 'subscription', customer: shop.customerId } },
  };
  const deps = { stripe: stage.stripe, livemode: false, now: await stage.now(), isDoorbell: true };
  expect(await receiveEvent(stage.db, deps, JSON.stringify(old))).toMatchObject({ status: 'processed' });
  expect((await stage.current(shop)).cancelAtPeriodEnd).toBe(true);
});
