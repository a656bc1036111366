/** Tax rates that are set by hand (stripe.md D70). */
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

const rate = (percentage: number, inclusive = false) =>
  stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive, country: 'LU' });
const ids = (rates: Stripe.TaxRate[] | null | undefined) => (rates ?? []).map((one) => one.id);

/** 100.00 at the subscription's 17 %, 50.00 at its own 8 %. */
async function taxed() {
  const [whole, reduced] = [await rate(17), await rate(8)];
  const [plan, book] = [await price(stripe, 'Plan', 10_000), await price(stripe, 'Book', 5000)];
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    default_tax_rates: [whole.id],
    items: [{ price: plan.id }, { price: book.id, tax_rates: [reduced.id] }],
    expand: ['latest_invoice'],
  });
  const item = (of: Stripe.Price, from = sub) => from.items.data.find((one) => one.price.id === of.id);
  return { whole, reduced, plan, book, customer, sub, item };
}

test('an item has its own, else the subscription’s, on its line and in its prorations', async () => {
  const { whole, reduced, sub, plan, item } = await taxed();
  const invoice = sub.latest_invoice as Stripe.Invoice;
  expect([invoice.subtotal, invoice.total, ids(invoice.default_tax_rates)]).toEqual([
    15_000,
    17_100,
    [whole.id],
  ]);
  const taxes = invoice.total_taxes?.map((one) => [one.tax_rate_details?.tax_rate, one.amount]);
  expect(taxes?.sort()).toEqual(
    [
      [whole.id, 1700],
      [reduced.id, 400],
    ].sort(),
  );
  const twice = await stripe.subscriptions.update(sub.id, {
    items: [{ id: String(item(plan)?.id), quantity: 2 }],
    proration_behavior: 'always_invoice',
    proration_date: START,
    expand: ['latest_invoice'],
  });
  expect((twice.latest_invoice as Stripe.Invoice).total).toBe(11_700);
  await stripe.subscriptions.update(sub.id, { default_tax_rates: '' });
  expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(20_000 + 5400);
});

test('what is within the price is not added', async () => {
  const within = await rate(25, true);
  const plan = await price(stripe, 'Plan', 12_500);
  const { id } = await customerWith(stripe, 'pm_card_visa');
  const preview = await stripe.invoices.createPreview({
    customer: id,
    subscription_details: { items: [{ price: plan.id, tax_rates: [within.id] }] },
  });
  expect([preview.total, preview.total_taxes?.[0]?.amount]).toEqual([12_500, 2500]);
});

test('go on through a schedule where they are handed back, and are gone where they are not', async () => {
  const { whole, reduced, sub, plan, book, item } = await taxed();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const [running] = schedule.phases;
  const { start_date = 0, end_date = 0, items = [] } = running ?? {};
  expect([ids(running?.default_tax_rates), items.map((one) => ids(one.tax_rates))]).toEqual([
    [whole.id],
    [[], [reduced.id]],
  ]);
  // Archived since: it still works where it is set.
  await stripe.taxRates.update(whole.id, { active: false });
  const both = [{ price: plan.id }, { price: book.id, tax_rates: [reduced.id] }];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: both, start_date, end_date, default_tax_rates: [whole.id] },
      { items: [{ price: plan.id }, { price: book.id }], duration: { interval: 'month' } },
    ],
  });
  const now = await stripe.subscriptions.retrieve(sub.id);
  expect([ids(now.default_tax_rates), ids(item(book, now)?.tax_rates)]).toEqual([[whole.id], [reduced.id]]);
  await bench.local('advance', { days: 32 });
  const then = await stripe.subscriptions.retrieve(sub.id);
  expect([ids(then.default_tax_rates), ids(item(book, then)?.tax_rates)]).toEqual([[], []]);
  expect((await stripe.invoices.list({ subscription: sub.id })).data[0]?.total).toBe(15_000);
});

test('are refused archived, unknown, and beside automatic tax', async () => {
  const { whole, reduced, sub, plan, customer } = await taxed();
  await stripe.taxRates.update(reduced.id, { active: false });
  const create = (given: Partial<Stripe.SubscriptionCreateParams>) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: plan.id }], ...given });
  expect((await refused(create({ default_tax_rates: [reduced.id] }))).param).toBe('default_tax_rates[0]');
  expect((await refused(create({ default_tax_rates: ['txr_none'] }))).code).toBe('resource_missing');
  await stripe.customers.update(customer.id, { address: { country: 'LU' } });
  const automatic_tax = { enabled: true };
  expect((await refused(create({ default_tax_rates: [whole.id], automatic_tax }))).param).toBe(
    'default_tax_rates',
  );
  expect((await refused(stripe.subscriptions.update(sub.id, { automatic_tax }))).param).toBe(
    'default_tax_rates',
  );
});
