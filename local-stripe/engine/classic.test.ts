/** What classic billing mode does otherwise. https://docs.stripe.com/billing/subscriptions/billing-mode/compare */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, day, open, price, refused, START } from '../testing';
import { monthly } from '../testing-scenes';

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
const _rows = (invoice: Stripe.Invoice) =>
  invoice.lines.data.map((line) => [
    line.amount,
    line.parent?.subscription_item_details?.proration,
    day(line.period.start),
    day(line.period.end),
  ]);
const full = (sub: Stripe.Subscription) => sub.latest_invoice as Stripe.Invoice;

describe('classic billing mode', () => {
  const classic = { billing_mode: { type: 'classic' as const } };

  test('starts a new period at a change of interval', async () => {
    const { change, sub } = await monthly(stripe, classic);
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
    const { customer, pro } = await monthly(stripe);
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
      const { customer, pro } = await monthly(stripe);
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

  test('takes 20 items at once, flexible 100 (stripe.md D53)', async () => {
    const { sub, pro } = await monthly(stripe, classic);
    const given = (length: number) => Array.from({ length }, () => ({ price: pro.id }));
    expect((await refused(stripe.subscriptions.update(sub.id, { items: given(21) }))).param).toBe('items');
    const { sub: flexible, customer } = await monthly(stripe);
    const tooMany = stripe.subscriptions.update(flexible.id, { items: given(101) });
    expect((await refused(tooMany)).message).toContain('100');
    const anew = stripe.subscriptions.create({ customer: customer.id, items: given(101) });
    expect((await refused(anew)).param).toBe('items');
    // Twenty-one of different prices are fine.
    const product = String(pro.product);
    const prices = await Promise.all(
      Array.from({ length: 21 }, (_, at) =>
        stripe.prices.create({
          product,
          currency: 'eur',
          unit_amount: 100 + at,
          recurring: { interval: 'month' },
        }),
      ),
    );
    const items = prices.map(({ id }) => ({ price: id }));
    expect((await stripe.subscriptions.update(flexible.id, { items })).items.data).toHaveLength(10);
  });

  test('has one interval; flexible takes multiples of the shortest (stripe.md D54)', async () => {
    const { sub, yearly, change } = await monthly(stripe, classic);
    const mixed = stripe.subscriptions.update(sub.id, { items: [{ price: yearly.id }] });
    expect((await refused(mixed)).param).toBe('items');
    const { sub: flexible, customer } = await monthly(stripe);
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
