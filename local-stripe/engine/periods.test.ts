/** Renewals and trials. https://docs.stripe.com/billing/subscriptions/overview */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, price, START } from '../testing';

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

const to = async (date: string) => {
  const moved = await bench.local('advance', { to: Date.parse(date) / 1000 });
  expect(moved).toMatchObject({ status: 200 });
};
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.status, one.total]);

describe('renewals', () => {
  test('month ends keep the anchor’s day (stripe.md 23)', async () => {
    await bench.local('reset', { at: Date.UTC(2026, 0, 31, 10) / 1000 });
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const ends: (string | null)[] = [];
    for (const date of ['2026-02-01', '2026-03-01', '2026-04-01', '2026-05-01']) {
      await to(date);
      ends.push(day(item(await stripe.subscriptions.retrieve(id)).current_period_end));
    }
    expect(ends).toEqual(['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']);
    expect(await totals(id)).toEqual([
      ['subscription_create', 'paid', 9900],
      ...Array(3).fill(['subscription_cycle', 'paid', 9900]),
    ]);
  });

  test('the draft waits an hour; the period has moved before (stripe.md 27)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    await to('2026-02-15T12:30:00Z');
    const sub = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
    const draft = sub.latest_invoice as Stripe.Invoice;
    expect([day(item(sub).current_period_end), draft.status, draft.number]).toEqual([
      '2026-03-15',
      'draft',
      null,
    ]);
    expect(day(draft.period_end)).toBe('2026-02-15'); // its own period is the previous cycle
    await to('2026-02-15T13:00:01Z');
    const paid = await stripe.invoices.retrieve(draft.id);
    expect([paid.status, paid.status_transitions.paid_at]).toEqual([
      'paid',
      Date.UTC(2026, 1, 15, 13) / 1000,
    ]);
    const upcoming = await stripe.events.list({ type: 'invoice.upcoming' });
    expect(upcoming.data.map((one) => day(one.created))).toEqual(['2026-02-08']);
    expect(upcoming.data[0]?.data.object).not.toHaveProperty('id');
  });

  test('a year bills sixty subscriptions once a month each', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    for (let n = 0; n < 60; n += 1) {
      const customer = await customerWith(stripe, 'pm_card_visa');
      await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    }
    await bench.local('advance', { days: 366 });
    const all = await stripe.invoices
      .list({ limit: 100, status: 'paid' })
      .autoPagingToArray({ limit: 10_000 });
    expect(all).toHaveLength(60 * 13);
  }, 30_000);
});

describe('trials (stripe.md 18)', () => {
  test('0.00 first, a warning three days before, then the first charge', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      trial_period_days: 14,
    });
    expect(sub.status).toBe('trialing');
    await to('2026-01-30');
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('active');
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 'paid', 0],
      ['subscription_cycle', 'paid', 9900],
    ]);
    const warned = await stripe.events.list({ type: 'customer.subscription.trial_will_end' });
    expect(warned.data.map((one) => day(one.created))).toEqual(['2026-01-26']);
  });

  test.each([
    ['create_invoice', 'past_due'],
    ['cancel', 'canceled'],
    ['pause', 'paused'],
  ] as const)('without a card: %s → %s', async (missing_payment_method, status) => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await stripe.customers.create({ email: 'x@y.test' });
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method } },
    });
    await to('2026-01-30');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe(status);
  });
});
