/** Where the billing cycle stands when a subscription changes. https://docs.stripe.com/billing/subscriptions/billing-mode/compare */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, price, refused, START } from '../testing';

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

const to = (date: string) => bench.local('advance', { to: Date.parse(date) / 1000 });
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const period = (sub: Stripe.Subscription) => [
  day(item(sub).current_period_start),
  day(item(sub).current_period_end),
];
const full = (sub: Stripe.Subscription) => sub.latest_invoice as Stripe.Invoice;

async function monthly(given: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const pro = await price(stripe, 'Professional', 9900);
  const yearly = await price(stripe, 'Professional yearly', 99000, 'year');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    ...given,
  });
  const change = (more: Stripe.SubscriptionUpdateParams = {}, target = yearly) =>
    stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: target.id }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
      ...more,
    });
  return { customer, pro, yearly, sub, change };
}

describe('classic billing mode', () => {
  const classic = { billing_mode: { type: 'classic' as const } };

  test('starts a new period at a change of interval', async () => {
    const { change, sub } = await monthly(classic);
    expect(sub.billing_mode).toMatchObject({ type: 'classic', flexible: null });
    await to('2026-01-25T12:00:00Z');
    const after = await change({ proration_behavior: 'create_prorations' });
    expect(period(after)).toEqual(['2026-01-25', '2027-01-25']);
    expect(full(after).total).toBe(99000 - 6706);
  });

  test.each([
    ['classic', '2026-01-25', 9900],
    ['flexible', '2026-01-15', 6706],
  ] as const)('%s: from free to paid the anchor is %s', async (type, anchor, total) => {
    const { customer, pro } = await monthly();
    const free = await price(stripe, 'Free', 0);
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: free.id }],
      billing_mode: { type },
    });
    await to('2026-01-25T12:00:00Z');
    const after = await stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: pro.id }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    expect([day(after.billing_cycle_anchor), full(after).total]).toEqual([anchor, total]);
  });

  test('credits the current price, flexible what was billed (billing/subscriptions/prorations)', async () => {
    const total = async (type: 'classic' | 'flexible') => {
      const { customer, pro } = await monthly();
      const business = await price(stripe, 'Business', 19800);
      const { id, items } = await stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: pro.id }],
        billing_mode: { type },
      });
      const change = (target: Stripe.Price, proration_behavior: 'none' | 'always_invoice') =>
        stripe.subscriptions.update(id, {
          items: [{ id: items.data[0]?.id ?? '', price: target.id }],
          proration_behavior,
          expand: ['latest_invoice'],
        });
      await change(business, 'none');
      await bench.local('advance', { days: 10 });
      const { lines } = full(await change(pro, 'always_invoice'));
      return lines.data.reduce((sum, line) => sum + line.amount, 0);
    };
    expect([await total('flexible'), (await total('classic')) < -6000]).toEqual([0, true]);
  });

  test('has one interval; flexible takes multiples of the shortest (stripe.md D54)', async () => {
    const { sub, yearly, change } = await monthly(classic);
    const mixed = stripe.subscriptions.update(sub.id, { items: [{ price: yearly.id }] });
    expect((await refused(mixed)).param).toBe('items');
    const { sub: flexible, customer } = await monthly();
    expect(
      (await stripe.subscriptions.update(flexible.id, { items: [{ price: yearly.id }] })).items.data,
    ).toHaveLength(2);
    const weekly = await stripe.prices.create({
      currency: 'eur',
      unit_amount: 900,
      recurring: { interval: 'week' },
      product_data: { name: 'Weekly' },
    });
    const odd = stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: yearly.id }, { price: weekly.id }],
    });
    expect((await refused(odd)).param).toBe('items');
    expect((await change()).items.data).toHaveLength(1);
  });
});

test('a new price without a quantity means one; the same price keeps what it had (stripe.md D41)', async () => {
  const { sub, yearly, pro, customer } = await monthly();
  const three = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id, quantity: 3 }],
  });
  const same = await stripe.subscriptions.update(three.id, {
    items: [{ id: item(three).id, price: pro.id }],
  });
  expect(item(same).quantity).toBe(3);
  const preview = await stripe.invoices.createPreview({
    subscription: three.id,
    subscription_details: {
      items: [{ id: item(three).id, price: yearly.id }],
      proration_behavior: 'always_invoice',
      billing_cycle_anchor: { type: 'now' },
    },
  });
  expect(preview.lines.data.at(-1)).toMatchObject({ quantity: 1, amount: 99000 });
  const after = await stripe.subscriptions.update(three.id, {
    items: [{ id: item(three).id, price: yearly.id }],
  });
  expect(item(after).quantity).toBe(1);
  expect(item(sub).quantity).toBe(1);
});

describe('a proration date', () => {
  test('is refused beside an anchor of now, in update and preview (stripe.md 53)', async () => {
    const { sub, yearly, change } = await monthly();
    const given = { proration_date: START, billing_cycle_anchor: { type: 'now' as const } };
    expect((await refused(change(given))).param).toBe('proration_date');
    const preview = stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { ...given, items: [{ id: item(sub).id, price: yearly.id }] },
    });
    expect((await refused(preview)).param).toBe('subscription_details[proration_date]');
    expect(item(await stripe.subscriptions.retrieve(sub.id)).price.id).toBe(item(sub).price.id);
  });

  test.each([
    ['before the period', { proration_date: START - 10 }],
    ['after the period', { proration_date: START + 40 * 86_400 }],
    ['with nothing prorated', { proration_date: START, proration_behavior: 'none' as const }],
  ])('is refused %s (stripe.md D51)', async (_name, given) => {
    const { sub, yearly, change } = await monthly();
    const error = await refused(change(given));
    expect([error.statusCode, error.type, error.param]).toEqual([
      400,
      'StripeInvalidRequestError',
      'proration_date',
    ]);
    const preview = stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { ...given, items: [{ id: item(sub).id, price: yearly.id }] },
    });
    expect((await refused(preview)).param).toBe('subscription_details[proration_date]');
  });

  test('in a preview needs items or a trial end (stripe.md D51)', async () => {
    const { sub } = await monthly();
    const preview = stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { proration_date: START + 5 },
    });
    expect((await refused(preview)).param).toBe('subscription_details[proration_date]');
  });
});

test('`trial_end: now` outside a trial does nothing (stripe.md F15)', async () => {
  const { sub } = await monthly();
  const after = await stripe.subscriptions.update(sub.id, { trial_end: 'now' });
  expect([after.latest_invoice, after.billing_cycle_anchor]).toEqual([
    sub.latest_invoice,
    sub.billing_cycle_anchor,
  ]);
});
