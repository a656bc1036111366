/** Where the billing cycle stands when a subscription changes. https://docs.stripe.com/billing/subscriptions/billing-mode/compare */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, day, open, refused, START } from '../testing';
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
const rows = (invoice: Stripe.Invoice) =>
  invoice.lines.data.map((line) => [
    line.amount,
    line.parent?.subscription_item_details?.proration,
    day(line.period.start),
    day(line.period.end),
  ]);
const full = (sub: Stripe.Subscription) => sub.latest_invoice as Stripe.Invoice;

describe('a change of interval (stripe.md 22, D40)', () => {
  test('keeps the anchor: the period is anchor to anchor + 1 year, both lines are prorations (stripe.md G1)', async () => {
    const { change, sub } = await monthly(stripe);
    await bench.local('advance', { days: 10 });
    const after = await change();
    expect([day(after.billing_cycle_anchor), ...period(after)]).toEqual([
      '2026-01-15',
      '2026-01-15',
      '2027-01-15',
    ]);
    expect(rows(full(after))).toEqual([
      [-6706, true, '2026-01-25', '2026-02-15'],
      [96288, true, '2026-01-25', '2027-01-15'],
    ]);
    await to('2026-03-01');
    expect((await stripe.invoices.list({ subscription: sub.id })).data).toHaveLength(2);
  });

  test('in a later month is charged its share up to the old anchor', async () => {
    const { change } = await monthly(stripe);
    await to('2026-03-01T12:00:00Z');
    const after = await change();
    expect(period(after)).toEqual(['2026-01-15', '2027-01-15']);
    expect(rows(full(after))[1]).toEqual([86795, true, '2026-03-01', '2027-01-15']);
  });

  test('or, by setting, up to the running period’s day a year ahead: not known (stripe.md F16)', async () => {
    await bench.local('settings', { later_interval_change: 'period' });
    const { change } = await monthly(stripe);
    await to('2026-03-01T12:00:00Z');
    const after = await change();
    expect([day(after.billing_cycle_anchor), ...period(after)]).toEqual([
      '2026-01-15',
      '2026-02-15',
      '2027-02-15',
    ]);
  });

  test('waits for the invoice a year ahead where nothing is invoiced now (seen: better-auth#11336)', async () => {
    const { change, sub } = await monthly(stripe);
    const after = await change({ proration_behavior: 'create_prorations' });
    expect(full(after).billing_reason).toBe('subscription_create');
    const next = await stripe.invoices.createPreview({ subscription: sub.id });
    expect(next.lines.data.map((line) => line.amount)).toEqual([-9900, 99000, 99000]);
    await to('2026-12-31');
    expect((await stripe.invoices.list({ subscription: sub.id })).data).toHaveLength(1);
  });

  test('from year to month ends with the running month of the anchor', async () => {
    const { pro, yearly, customer } = await monthly(stripe);
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: yearly.id }] });
    await to('2026-03-01');
    const after = await stripe.subscriptions.update(sub.id, { items: [{ id: item(sub).id, price: pro.id }] });
    expect(period(after)).toEqual(['2026-02-15', '2026-03-15']);
  });

  test('with an anchor of now: anchor, period and invoice start now, the year is a plain full line (stripe.md G1)', async () => {
    const { change } = await monthly(stripe);
    await to('2026-01-25T12:00:00Z');
    const after = await change({ billing_cycle_anchor: { type: 'now' } });
    expect([day(after.billing_cycle_anchor), ...period(after)]).toEqual([
      '2026-01-25',
      '2026-01-25',
      '2027-01-25',
    ]);
    expect(rows(full(after))).toEqual([
      [-6706, true, '2026-01-25', '2026-02-15'],
      [99000, false, '2026-01-25', '2027-01-25'],
    ]);
  });

  test('is previewed as it is charged, with and without an anchor', async () => {
    const { change, sub, yearly } = await monthly(stripe);
    await to('2026-01-25T12:00:00Z');
    for (const billing_cycle_anchor of [undefined, { type: 'now' as const }]) {
      const preview = await stripe.invoices.createPreview({
        subscription: sub.id,
        subscription_details: {
          items: [{ id: item(sub).id, price: yearly.id }],
          proration_behavior: 'always_invoice',
          ...(billing_cycle_anchor ? { billing_cycle_anchor } : {}),
        },
      });
      expect(preview.total).toBe(billing_cycle_anchor ? 99000 - 6706 : 96288 - 6706);
    }
    expect(full(await change()).total).toBe(96288 - 6706);
  });

  test('a phase that does not say phase_start collects no year (stripe.md D40)', async () => {
    const { pro, yearly, sub } = await monthly(stripe);
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
    const phases = (anchor?: 'phase_start'): Stripe.SubscriptionScheduleUpdateParams.Phase[] => [
      { items: [{ price: pro.id }], start_date, end_date },
      {
        items: [{ price: yearly.id }],
        duration: { interval: 'year' },
        proration_behavior: 'none',
        ...(anchor ? { billing_cycle_anchor: anchor } : {}),
      },
    ];
    const next = () => stripe.invoices.createPreview({ subscription: sub.id });
    await stripe.subscriptionSchedules.update(schedule.id, { phases: phases('phase_start') });
    expect([(await next()).total, day((await next()).lines.data[0]?.period.end)]).toEqual([
      99000,
      '2027-02-15',
    ]);
    await stripe.subscriptionSchedules.update(schedule.id, { phases: phases() });
    expect([(await next()).total, day((await next()).lines.data[0]?.period.start)]).toEqual([
      99000,
      '2027-01-15',
    ]);
    await to('2026-02-16');
    const after = await stripe.subscriptions.retrieve(sub.id);
    expect([item(after).price.id, ...period(after)]).toEqual([yearly.id, '2026-01-15', '2027-01-15']);
    expect((await stripe.invoices.list({ subscription: sub.id })).data).toHaveLength(1);
  });
});

test('a new price without a quantity means one; the same price keeps what it had (stripe.md D41)', async () => {
  const { sub, yearly, pro, customer } = await monthly(stripe);
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
    const { sub, yearly, change } = await monthly(stripe);
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
    const { sub, yearly, change } = await monthly(stripe);
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
    const { sub } = await monthly(stripe);
    const preview = stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { proration_date: START + 5 },
    });
    expect((await refused(preview)).param).toBe('subscription_details[proration_date]');
  });
});

test('`trial_end: now` outside a trial does nothing (stripe.md F15)', async () => {
  const { sub } = await monthly(stripe);
  const after = await stripe.subscriptions.update(sub.id, { trial_end: 'now' });
  expect([after.latest_invoice, after.billing_cycle_anchor]).toEqual([
    sub.latest_invoice,
    sub.billing_cycle_anchor,
  ]);
});
