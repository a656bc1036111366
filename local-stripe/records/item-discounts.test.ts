/** Discounts of a subscription's items (stripe.md D69). */
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

/** A plan of 310.00 and an add-on of 100.00, on one subscription; half of the add-on is taken off. */
async function withAddOn(
  coupon: Stripe.CouponCreateParams,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const half = await stripe.coupons.create(coupon);
  const [plan, addOn] = [await price(stripe, 'Plan', 31_000), await price(stripe, 'Add-on', 10_000)];
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plan.id }, { price: addOn.id, discounts: [{ coupon: half.id }] }],
    expand: ['latest_invoice'],
    ...more,
  });
  const item = (of: Stripe.Price, from = sub) => from.items.data.find((one) => one.price.id === of.id);
  const invoices = async () =>
    (await stripe.invoices.list({ customer: customer.id })).data.map((one) => one.total).reverse();
  const next = async () => (await stripe.invoices.createPreview({ subscription: sub.id })).total;
  return {
    half,
    plan,
    addOn,
    customer,
    sub,
    item,
    invoices,
    next,
    discount: String(item(addOn)?.discounts[0]),
  };
}
const FOREVER = { percent_off: 50, duration: 'forever' } as const;

test('takes off its own line only, is the item’s and not the subscription’s, and can be expanded', async () => {
  const { sub, plan, addOn, item, discount, half } = await withAddOn(FOREVER);
  const invoice = sub.latest_invoice as Stripe.Invoice;
  expect([invoice.subtotal, invoice.total]).toEqual([36_000, 36_000]);
  const line = (of: Stripe.Price) =>
    invoice.lines.data.find((one) => one.pricing?.price_details?.price === of.id);
  expect(line(addOn)).toMatchObject({
    amount: 10_000,
    discounts: [discount],
    discount_amounts: [{ amount: 5000, discount }],
  });
  expect(line(plan)?.discount_amounts).toEqual([]);
  expect([sub.discounts, item(plan)?.discounts]).toEqual([[], []]);
  const read = await stripe.subscriptions.retrieve(sub.id, { expand: ['items.data.discounts'] });
  const [told] = read.items.data.find((one) => one.price.id === addOn.id)?.discounts ?? [];
  expect(told).toMatchObject({
    subscription: null,
    subscription_item: item(addOn)?.id,
    source: { coupon: half.id },
  });
});

test('comes before those of the subscription', async () => {
  const tenth = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
  const { sub } = await withAddOn({ amount_off: 4000, currency: 'eur', duration: 'forever' });
  // (100 − 40) less a tenth, not (100 less a tenth) − 40; and 310 less a tenth.
  await stripe.subscriptions.update(sub.id, { discounts: [{ coupon: tenth.id }] });
  expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(5400 + 27_900);
});

test('renews, ends with its months, and once is used up by the first invoice', async () => {
  const months = await withAddOn({ percent_off: 50, duration: 'repeating', duration_in_months: 2 });
  const once = await withAddOn({ percent_off: 50, duration: 'once' });
  expect(
    (await stripe.subscriptions.retrieve(once.sub.id)).items.data.flatMap((one) => one.discounts),
  ).toEqual([]);
  await bench.local('advance', { days: 32 });
  await bench.local('advance', { days: 29 });
  expect(await months.invoices()).toEqual([36_000, 36_000, 41_000]);
  expect(await once.invoices()).toEqual([36_000, 41_000, 41_000]);
});

test('a change of the item prorates what it costs with it; kept unless it is said otherwise', async () => {
  const { sub, addOn, item, next, discount } = await withAddOn(FOREVER);
  const id = String(item(addOn)?.id);
  const twice = await stripe.subscriptions.update(sub.id, {
    items: [{ id, quantity: 2 }],
    proration_behavior: 'always_invoice',
    proration_date: START,
    expand: ['latest_invoice'],
  });
  expect((twice.latest_invoice as Stripe.Invoice).total).toBe(5000);
  expect([item(addOn, twice)?.discounts, await next()]).toEqual([[discount], 41_000]);
  const none = await stripe.subscriptions.update(sub.id, { items: [{ id, quantity: 2, discounts: '' }] });
  expect([item(addOn, none)?.discounts, await next()]).toEqual([[], 51_000]);
});

test('is previewed without being redeemed, and refused where it cannot be', async () => {
  const { sub, plan, item, half, next } = await withAddOn(FOREVER);
  const asked = await stripe.invoices.createPreview({
    subscription: sub.id,
    subscription_details: { items: [{ id: String(item(plan)?.id), discounts: [{ coupon: half.id }] }] },
  });
  expect([asked.total, await next()]).toEqual([20_500, 36_000]);
  expect((await stripe.coupons.retrieve(half.id)).times_redeemed).toBe(1);
  const anew = await stripe.invoices.createPreview({
    customer: String(sub.customer),
    subscription_details: { items: [{ price: plan.id, discounts: [{ coupon: half.id }] }] },
  });
  expect(anew.total).toBe(15_500);
  const items = [{ price: plan.id, discounts: [{ coupon: 'nobodys' }] }];
  const before = (await stripe.subscriptions.list({ customer: String(sub.customer) })).data.length;
  const error = await refused(stripe.subscriptions.create({ customer: String(sub.customer), items }));
  expect(error.code).toBe('resource_missing');
  expect((await stripe.subscriptions.list({ customer: String(sub.customer) })).data).toHaveLength(before);
});

test('goes on through a schedule by its own id, a coupon is redeemed anew, and what is left out is gone', async () => {
  const { sub, plan, addOn, item, discount, half } = await withAddOn(FOREVER);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const [running] = schedule.phases;
  expect(running?.items.find((one) => one.price === addOn.id)?.discounts).toEqual([
    { coupon: null, discount, promotion_code: null },
  ]);
  type Given = Stripe.SubscriptionScheduleUpdateParams.Phase.Item.Discount[];
  const write = (now: Given, then: Given) =>
    stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        {
          start_date: running?.start_date ?? 0,
          end_date: running?.end_date ?? 0,
          items: [{ price: plan.id }, { price: addOn.id, discounts: now }],
        },
        {
          duration: { interval: 'month' },
          items: [{ price: plan.id }, { price: addOn.id, discounts: then }],
        },
      ],
    });
  await write([{ discount }], [{ discount }]);
  const read = async () => item(addOn, await stripe.subscriptions.retrieve(sub.id))?.discounts;
  expect(await read()).toEqual([discount]);
  const ghost = write([{ discount: 'di_of_nobody' }], []);
  expect((await refused(ghost)).param).toBe('phases[0][items][1][discounts][0][discount]');
  const preview = await stripe.invoices.createPreview({ subscription: sub.id });
  expect(preview.total).toBe(36_000);
  await write([{ discount }], [{ coupon: half.id }]);
  await bench.local('advance', { days: 32 });
  const [other] = (await read()) ?? [];
  expect([other === discount, (await stripe.coupons.retrieve(half.id)).times_redeemed]).toEqual([false, 2]);
  const [last] = (await stripe.invoices.list({ subscription: sub.id })).data;
  expect(last?.total).toBe(36_000);
  const [, second] = (await stripe.subscriptionSchedules.retrieve(schedule.id)).phases;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      {
        start_date: second?.start_date ?? 0,
        end_date: second?.end_date ?? 0,
        items: [{ price: plan.id }, { price: addOn.id }],
      },
    ],
  });
  expect(await read()).toEqual([]);
});

test('waits with a pending update, and is the item’s once that is paid', async () => {
  const { sub, plan, item, half, customer } = await withAddOn(FOREVER);
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  const waiting = await stripe.subscriptions.update(sub.id, {
    items: [{ id: String(item(plan)?.id), quantity: 3, discounts: [{ coupon: half.id }] }],
    payment_behavior: 'pending_if_incomplete',
    proration_behavior: 'always_invoice',
  });
  expect([waiting.pending_update !== null, item(plan, waiting)?.discounts]).toEqual([true, []]);
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.invoices.pay(String(waiting.latest_invoice), { payment_method: good.id });
  const after = await stripe.subscriptions.retrieve(sub.id);
  expect([item(plan, after)?.quantity, item(plan, after)?.discounts.length]).toEqual([3, 1]);
});
