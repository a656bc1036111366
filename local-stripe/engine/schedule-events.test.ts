/** What schedules tell, what they copy, and what test clocks allow (stripe.md F4, F5, F6). */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, refused, START } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
beforeEach(async () => {
  await bench.local('reset', { at: START });
});
afterAll(() => bench.close());

const SUBSCRIPTION = /^(customer\.subscription|subscription_schedule)\./;
async function told(since: string | undefined): Promise<Stripe.Event[]> {
  const data = (await stripe.events.list({ limit: 100 })).data.reverse();
  const from = data.findIndex((one) => one.id === since); // thirty days on it is gone
  return data.slice(from + 1).filter((one) => SUBSCRIPTION.test(one.type));
}
const last = async () => (await stripe.events.list({ limit: 1 })).data[0]?.id;

test('one `updated` for each step, and one with the items at the boundary (stripe.md F4)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const essential = await price(stripe, 'Essential', 4900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  let since = await last();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  expect((await told(since)).map((one) => one.type)).toEqual([
    'subscription_schedule.created',
    'customer.subscription.updated',
  ]);
  since = await last();
  const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: pro.id }], start_date, end_date },
      { items: [{ price: essential.id }], duration: { interval: 'month' }, proration_behavior: 'none' },
    ],
  });
  expect((await told(since)).map((one) => one.type)).toEqual(['subscription_schedule.updated']);
  since = await last();
  await bench.local('advance', { to: end_date + 60 });
  const boundary = await told(since);
  expect(boundary.map((one) => one.type)).toEqual([
    'subscription_schedule.updated',
    'customer.subscription.updated',
  ]);
  expect(boundary[1]?.data.previous_attributes).toHaveProperty('items');
  const attached = await stripe.subscriptions.retrieve(sub.id);
  expect([attached.schedule, attached.items.data[0]?.price.id]).toEqual([schedule.id, essential.id]);
  since = await last();
  await stripe.subscriptionSchedules.release(schedule.id);
  expect((await told(since)).map((one) => one.type)).toEqual([
    'customer.subscription.updated',
    'subscription_schedule.released',
  ]);
});

test('items’ metadata is not copied, and what an update leaves out is unset (stripe.md F5)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id, metadata: { seat: 'a' } }],
  });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  expect(schedule.phases[0]?.items[0]?.metadata).toEqual({});
  const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
  const write = (more: Partial<Stripe.SubscriptionScheduleUpdateParams.Phase>) =>
    stripe.subscriptionSchedules.update(schedule.id, {
      phases: [{ items: [{ price: pro.id }], start_date, end_date, ...more }],
    });
  expect((await write({ description: 'Running', metadata: { a: '1' } })).phases[0]).toMatchObject({
    description: 'Running',
    metadata: { a: '1' },
  });
  expect((await write({})).phases[0]).toMatchObject({ description: null, metadata: {} });
});

test('a test clock has three customers, each with three subscriptions; its charges carry wall time (stripe.md F6)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const frozen_time = START - 10 * 86_400;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time });
  const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock.id });
  const subscribe = () =>
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      expand: ['latest_invoice.payments.data.payment'],
    });
  const sub = await subscribe();
  const payment = (sub.latest_invoice as Stripe.Invoice).payments?.data[0]?.payment;
  const intent = await stripe.paymentIntents.retrieve(String(payment?.payment_intent));
  expect([sub.created, intent.created >= START]).toEqual([frozen_time, true]);
  await subscribe();
  await subscribe();
  expect((await refused(subscribe())).param).toBe('customer');
  await stripe.customers.create({ test_clock: clock.id });
  await stripe.customers.create({ test_clock: clock.id });
  expect((await refused(stripe.customers.create({ test_clock: clock.id }))).param).toBe('test_clock');
  expect((await stripe.subscriptions.list()).data).toHaveLength(0);
  expect((await stripe.customers.list()).data).toHaveLength(0);
  expect((await stripe.events.list({ type: 'customer.subscription.created' })).data).toHaveLength(3);
});

test('from_subscription stands alone, and for a living subscription without a schedule (stripe.md D58)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const create = (given: Stripe.SubscriptionScheduleCreateParams = {}) =>
    stripe.subscriptionSchedules.create({ from_subscription: sub.id, ...given });
  expect((await refused(create({ end_behavior: 'cancel' }))).param).toBe('end_behavior');
  expect((await refused(create({ metadata: { a: '1' } }))).param).toBe('metadata');
  const { id } = await create();
  expect((await refused(create())).param).toBe('from_subscription');
  await stripe.subscriptionSchedules.release(id);
  await stripe.subscriptions.cancel(sub.id);
  expect((await refused(create())).param).toBe('from_subscription');
});

test('what a phase may not say, and when it is too late (stripe.md D59, D60)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const { start_date = 0, end_date = 0 } = phases[0] ?? {};
  const items = [{ price: pro.id }];
  const write = (given: object[]) =>
    stripe.subscriptionSchedules.update(id, { phases: given } as Stripe.SubscriptionScheduleUpdateParams);
  const month = { interval: 'month' };
  const odd: [object[], string][] = [
    [[{ items, start_date, end_date, duration: month }], 'phases[0][duration]'],
    [[{ items, end_date }], 'phases[0][start_date]'],
    [[{ items, start_date: start_date + 60, end_date }], 'phases[0][start_date]'],
    [[{ items, start_date, iterations: 2 }], 'phases[0][iterations]'],
    [
      [
        { items, start_date, end_date },
        { items, duration: month, trial: true, billing_cycle_anchor: 'phase_start' },
      ],
      'phases[1][billing_cycle_anchor]',
    ],
  ];
  for (const [given, param] of odd) expect((await refused(write(given))).param).toBe(param);
  await stripe.subscriptionSchedules.release(id);
  expect((await refused(write([{ items, start_date, end_date }]))).statusCode).toBe(400);
  expect((await refused(stripe.subscriptionSchedules.release(id))).statusCode).toBe(400);
});

test('the last item cannot be deleted (stripe.md D55); a scheduled end is the schedule’s (stripe.md D47)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const item = String(sub.items.data[0]?.id);
  expect((await refused(stripe.subscriptionItems.del(item))).statusCode).toBe(400);
  expect(
    (await refused(stripe.subscriptions.update(sub.id, { items: [{ id: item, deleted: true }] }))).statusCode,
  ).toBe(400);
  await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  for (const given of [{ cancel_at_period_end: true }, { cancel_at: START + 90_000 }] as const) {
    const error = await refused(stripe.subscriptions.update(sub.id, given));
    expect([error.statusCode, error.param]).toEqual([400, Object.keys(given)[0]]);
  }
});

test.each([true, false])(
  'metadata beside a schedule splits the running phase: %s (stripe.md D47)',
  async (splits) => {
    await bench.local('settings', { metadata_splits_phase: splits });
    const [pro, big] = [await price(stripe, 'Professional', 9900), await price(stripe, 'Big', 19_900)];
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    const { start_date = 0, end_date = 0 } = phases[0] ?? {};
    await stripe.subscriptionSchedules.update(id, {
      phases: [
        { items: [{ price: pro.id }], start_date, end_date },
        { items: [{ price: big.id }], duration: { interval: 'month' } },
      ],
    });
    await bench.local('advance', { days: 10 });
    await stripe.subscriptions.update(sub.id, { metadata: { merchant: 'm' } });
    const after = await stripe.subscriptionSchedules.retrieve(id);
    const split = after.phases[1]?.start_date ?? 0;
    const at = (phase: Stripe.SubscriptionSchedule.Phase) => [phase.start_date, phase.end_date];
    const next = [end_date, after.phases.at(-1)?.end_date];
    expect(after.phases.map(at)).toEqual(
      splits ? [[start_date, split], [split, end_date], next] : [[start_date, end_date], next],
    );
    expect(after.current_phase).toEqual({ start_date: splits ? split : start_date, end_date });
    if (splits)
      expect(after.phases.map((phase) => phase.metadata?.merchant)).toEqual([undefined, 'm', undefined]);
    // Nothing else changes: the plan is the old one until its phase ends, then the new one.
    expect((await stripe.subscriptions.retrieve(sub.id)).items.data[0]?.price.id).toBe(pro.id);
    await bench.local('advance', { days: 22 });
    const then = await stripe.subscriptions.retrieve(sub.id);
    expect([then.items.data[0]?.price.id, then.metadata.merchant]).toEqual([big.id, 'm']);
    expect((await stripe.invoices.list({ subscription: sub.id })).data.map((one) => one.total)).toEqual([
      19_900, 9900,
    ]);
  },
);
