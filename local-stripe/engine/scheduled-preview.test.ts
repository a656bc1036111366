/** What the preview of a scheduled subscription shows, and what a preview may be of (stripe.md D61, F12, F16). */
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

async function scheduled() {
  const pro = await price(stripe, 'Professional', 9900);
  const essential = await price(stripe, 'Essential', 4900);
  const business = await price(stripe, 'Business', 19900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: pro.id }], start_date, end_date },
      { items: [{ price: essential.id }], duration: { interval: 'month' } },
    ],
  });
  return { sub, business, customer, schedule };
}

test.each([
  ['next_phase', 4900, 19900],
  ['over_items', 4900, 4900],
  ['subscription', 9900, 19900],
] as const)('%s: without items %s, with items %s', async (scheduled_preview, plain, withItems) => {
  await bench.local('settings', { scheduled_preview });
  const { sub, business } = await scheduled();
  expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(plain);
  const asked = await stripe.invoices.createPreview({
    subscription: sub.id,
    subscription_details: {
      items: [{ id: String(sub.items.data[0]?.id), price: business.id }],
      proration_behavior: 'none',
    },
  });
  expect(asked.total).toBe(withItems);
});

test('fields of subscriptions and of schedules exclude each other (stripe.md D61)', async () => {
  const { sub, schedule } = await scheduled();
  const both = stripe.invoices.createPreview({ subscription: sub.id, schedule: schedule.id });
  expect((await refused(both)).code).toBe('parameters_exclusive');
});

test('a customer alone is refused (stripe.md F12)', async () => {
  const { customer } = await scheduled();
  const error = await refused(stripe.invoices.createPreview({ customer: customer.id }));
  expect([error.statusCode, error.type]).toEqual([400, 'StripeInvalidRequestError']);
});

test('nothing to come is a 404 (stripe.md D61)', async () => {
  const { sub, schedule } = await scheduled();
  await stripe.subscriptionSchedules.release(schedule.id);
  await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
  const error = await refused(stripe.invoices.createPreview({ subscription: sub.id }));
  expect([error.statusCode, error.code]).toEqual([404, 'invoice_upcoming_none']);
});
