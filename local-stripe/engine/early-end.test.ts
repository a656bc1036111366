/** An end before its period's: what it gives back, and what taking it back costs (stripe.md D68). */
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

const DAY = 86_400;
type Behavior = NonNullable<Stripe.SubscriptionUpdateParams['proration_behavior']>;

/** 310.00 for the 31 days from 15 January: a day is 10.00. */
async function monthly(given: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const pro = await price(stripe, 'Professional', 31_000);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    ...given,
  });
  const begun = sub.items.data[0]?.current_period_start ?? 0;
  const on = (days: number) => begun + days * DAY;
  const end = (cancel_at: number | '', proration_behavior?: Behavior) =>
    stripe.subscriptions.update(sub.id, { cancel_at, ...(proration_behavior ? { proration_behavior } : {}) });
  const waiting = async () =>
    (await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data.map(
      (item) => item.amount,
    );
  const invoices = async () =>
    (await stripe.invoices.list({ customer: customer.id })).data.map((one) => one.total).reverse();
  const balance = async () => ((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance;
  return { pro, customer, sub, on, end, waiting, invoices, balance };
}

describe('in the period that runs', () => {
  test('the rest waits as a credit, and the last invoice gives it back', async () => {
    const { customer, on, end, waiting, balance } = await monthly();
    await bench.local('advance', { days: 5 });
    await end(on(10));
    expect(await waiting()).toEqual([-21_000]);
    const [item] = (await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data;
    expect(item).toMatchObject({ proration: true, period: { start: on(10), end: on(31) } });
    await bench.local('advance', { days: 7 });
    expect(await balance()).toBe(-21_000);
  });

  test('taken back it leaves no line, and the next renewal is whole', async () => {
    const { sub, on, end, waiting, invoices } = await monthly();
    await end(on(10));
    const back = await end('');
    expect([back.cancel_at, await waiting()]).toEqual([null, []]);
    expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(31_000);
    await bench.local('advance', { days: 32 });
    expect(await invoices()).toEqual([31_000, 31_000]);
  });

  test('moved it is reckoned from the new date alone', async () => {
    const { on, end, waiting } = await monthly();
    await end(on(10));
    await end(on(21));
    expect(await waiting()).toEqual([-10_000]);
    await end(on(31));
    expect(await waiting()).toEqual([]);
  });

  test('with none nothing is given back, and taking it back costs nothing', async () => {
    const { on, end, waiting, invoices } = await monthly();
    await end(on(10), 'none');
    expect(await waiting()).toEqual([]);
    await end('', 'none');
    expect([await waiting(), await invoices()]).toEqual([[], [31_000]]);
  });

  test('always_invoice gives it back at once; taken back it is charged again', async () => {
    const { on, end, waiting, invoices, balance } = await monthly();
    await end(on(10), 'always_invoice');
    expect([await waiting(), await invoices(), await balance()]).toEqual([[], [31_000, -21_000], -21_000]);
    await end('', 'always_invoice');
    expect([await waiting(), await invoices(), await balance()]).toEqual([[], [31_000, -21_000, 21_000], 0]);
    // The time is paid for again: an end at once would give all of it back.
    await end(on(10));
    expect(await waiting()).toEqual([-21_000]);
  });

  test.each([
    ['charged', [21_000, -21_000]],
    ['kept', [-21_000]],
  ])('otherwise, as it may be at Stripe: %s', async (early_end_taken_back, left) => {
    await bench.local('settings', { early_end_taken_back });
    const { on, end, waiting } = await monthly();
    await end(on(10));
    await end('');
    expect(await waiting()).toEqual(left);
  });

  test('a preview shows what the change would do and leaves all as it is', async () => {
    const { sub, on, end, waiting } = await monthly();
    const ask = (details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
      stripe.invoices.createPreview({ subscription: sub.id, subscription_details: details });
    expect((await ask({ cancel_at: on(10) })).total).toBe(-21_000);
    expect(await waiting()).toEqual([]);
    await end(on(10));
    expect((await ask({ cancel_at: '' })).total).toBe(31_000);
    expect(await waiting()).toEqual([-21_000]);
  });

  test('a dearer plan is charged as far as it lasts, and the rest of it when the end is taken back', async () => {
    const { sub, on, end, waiting } = await monthly();
    await end(on(10));
    const double = await price(stripe, 'Double', 62_000);
    const [item] = sub.items.data;
    await stripe.subscriptions.update(sub.id, { items: [{ id: String(item?.id), price: double.id }] });
    // Ten days of the old plan back, ten of the new one charged; the other 21 were given back before.
    expect((await waiting()).sort((a, b) => a - b)).toEqual([-21_000, -10_000, 20_000]);
    await end('');
    expect((await waiting()).reduce((sum, amount) => sum + amount, 0)).toBe(31_000);
  });

  test('a trial has nothing to give back', async () => {
    const { on, end, waiting } = await monthly({ trial_period_days: 14 });
    await end(on(10));
    expect(await waiting()).toEqual([]);
  });
});

describe('in a period to come', () => {
  test.each<Behavior>(['create_prorations', 'none', 'always_invoice'])(
    'that period is billed as far as it lasts: %s',
    async (behavior) => {
      const { sub, on, end, waiting, invoices } = await monthly();
      await end(on(31 + 7), behavior);
      expect([await waiting(), await invoices()]).toEqual([[], [31_000]]);
      const preview = await stripe.invoices.createPreview({ subscription: sub.id });
      // February has 28 days: a quarter of it.
      expect([preview.total, day(preview.lines.data[0]?.period.end)]).toEqual([7750, '2026-02-22']);
      await bench.local('advance', { days: 32 });
      expect(await invoices()).toEqual([31_000, 7750]);
      await bench.local('advance', { days: 10 });
      expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('canceled');
      expect(await invoices()).toEqual([31_000, 7750]);
    },
  );

  test('taken back before it begins it leaves nothing', async () => {
    const { on, end, invoices } = await monthly();
    await end(on(38));
    await end('');
    await bench.local('advance', { days: 32 });
    expect(await invoices()).toEqual([31_000, 31_000]);
  });

  test.each<[Behavior, number[], number]>([
    ['create_prorations', [23_250], 0],
    ['always_invoice', [], 23_250],
    ['none', [], 0],
  ])('taken back while it runs the rest is charged: %s', async (behavior, waits, billed) => {
    const { on, end, waiting, invoices } = await monthly();
    await end(on(38));
    await bench.local('advance', { days: 32 });
    await end('', behavior);
    expect(await waiting()).toEqual(waits);
    expect(await invoices()).toEqual([31_000, 7750, ...(billed ? [billed] : [])]);
  });
});

test('made with an end in its first period: as far as it lasts, with none not at all', async () => {
  const cancel_at = START + 10 * DAY;
  const { sub, invoices } = await monthly({ cancel_at });
  expect(Math.abs((await invoices())[0] ?? 0) - 10_000).toBeLessThan(5);
  expect([sub.cancel_at, day(sub.canceled_at)]).toEqual([cancel_at, '2026-01-15']);
  const { invoices: free } = await monthly({ cancel_at, proration_behavior: 'none' });
  expect(await free()).toEqual([0]);
});
