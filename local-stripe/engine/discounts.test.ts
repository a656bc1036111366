/** Discounts that end, coupons that go, and what a phase may name of them (stripe.md F2, F3). */
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

async function discounted(coupon: Stripe.CouponCreateParams) {
  const made = await stripe.coupons.create(coupon);
  const pro = await price(stripe, 'Professional', 10000);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    discounts: [{ coupon: made.id }],
  });
  const total = async () => (await stripe.invoices.createPreview({ subscription: sub.id })).total;
  return { coupon: made, pro, sub, total, discount: String(sub.discounts[0]) };
}

async function phases(sub: Stripe.Subscription, pro: Stripe.Price) {
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
  return (
    running: Stripe.SubscriptionScheduleUpdateParams.Phase.Discount[],
    next: Stripe.SubscriptionScheduleUpdateParams.Phase.Discount[],
  ) =>
    stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        { items: [{ price: pro.id }], start_date, end_date, discounts: running },
        { items: [{ price: pro.id }], duration: { interval: 'month' }, discounts: next },
      ],
    });
}

test('a phase may not name a discount that has ended by its start; the whole call is refused (stripe.md F2)', async () => {
  const { sub, pro, discount } = await discounted({
    percent_off: 25,
    duration: 'repeating',
    duration_in_months: 1,
  });
  const write = await phases(sub, pro);
  const error = await refused(write([{ discount }], [{ discount }]));
  expect([error.statusCode, error.param]).toEqual([400, 'phases[1][discounts][0][discount]']);
  expect((await write([{ discount }], [])).phases).toHaveLength(2);
});

test('a deleted coupon is refused by name, its discount goes on (stripe.md F3)', async () => {
  const { sub, pro, coupon, discount, total } = await discounted({ percent_off: 25, duration: 'forever' });
  await stripe.coupons.del(coupon.id);
  expect(await total()).toBe(7500);
  const read = await stripe.subscriptions.retrieve(sub.id, { expand: ['discounts.source.coupon'] });
  expect(read.discounts[0]).toMatchObject({ source: { coupon: { id: coupon.id, percent_off: 25 } } });
  const write = await phases(sub, pro);
  const error = await refused(write([{ discount }], [{ coupon: coupon.id }]));
  expect([error.statusCode, error.code]).toEqual([400, 'resource_missing']);
  expect(
    (await refused(stripe.subscriptions.update(sub.id, { discounts: [{ coupon: coupon.id }] }))).code,
  ).toBe('resource_missing');
  await write([{ discount }], [{ discount }]);
  expect(await total()).toBe(7500);
  await bench.local('advance', { days: 32 });
  expect((await stripe.invoices.list({ subscription: sub.id })).data[0]?.total).toBe(7500);
});

test('a coupon handed back is redeemed anew: once applies a second time (stripe.md F3)', async () => {
  const { sub, coupon, discount, total } = await discounted({ percent_off: 50, duration: 'once' });
  expect(await total()).toBe(10000);
  const again = await stripe.subscriptions.update(sub.id, { discounts: [{ coupon: coupon.id }] });
  expect(again.discounts[0]).not.toBe(discount);
  expect(await total()).toBe(5000);
});

test('a discount is named on what has it, or below it, and nowhere else (stripe.md D67)', async () => {
  const { sub, pro, discount } = await discounted({ percent_off: 25, duration: 'forever' });
  const customer = String(sub.customer);
  const own = await stripe.invoices.createPreview({ subscription: sub.id, discounts: [{ discount }] });
  expect(own.total).toBe(7500);
  const refusals = await Promise.all(
    [
      stripe.invoices.createPreview({
        customer,
        discounts: [{ discount }],
        subscription_details: { items: [{ price: pro.id }] },
      }),
      stripe.subscriptions.create({ customer, items: [{ price: pro.id }], discounts: [{ discount }] }),
      stripe.invoices.create({ customer, discounts: [{ discount }] }),
      stripe.invoiceItems.create({ customer, amount: 500, currency: 'eur', discounts: [{ discount }] }),
    ].map(async (call) => refused(call)),
  );
  expect(refusals.map((error) => [error.code, error.param?.startsWith('discounts')])).toEqual(
    Array.from({ length: 4 }, () => ['resource_missing', true]),
  );
  const line = { customer, subscription: sub.id, amount: 500, currency: 'eur', discounts: [{ discount }] };
  expect((await stripe.invoiceItems.create(line)).discounts).toEqual([discount]);
});

test.each([
  [{ percent_off: 10, duration: 'repeating' }, 'duration_in_months'],
  [{ percent_off: 10, duration: 'once', duration_in_months: 3 }, 'duration_in_months'],
  [{ percent_off: 10, redeem_by: START - 1 }, 'redeem_by'],
  [{ percent_off: 10, redeem_by: START + 6 * 366 * 86_400 }, 'redeem_by'],
  [{ percent_off: 10, max_redemptions: 0 }, 'max_redemptions'],
  [{ amount_off: 0, currency: 'eur' }, 'amount_off'],
] as const)('a coupon of %o is refused (api/coupons/create)', async (given, param) => {
  const error = await refused(stripe.coupons.create(given as Stripe.CouponCreateParams));
  expect([error.statusCode, error.param]).toEqual([400, param]);
});

test('a promotion code outlives and outnumbers its coupon in nothing (api/promotion_codes/create)', async () => {
  const coupon = await stripe.coupons.create({
    percent_off: 10,
    redeem_by: START + 86_400,
    max_redemptions: 5,
  });
  const create = (given: Partial<Stripe.PromotionCodeCreateParams>) =>
    stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, ...given });
  expect((await refused(create({ expires_at: START + 90_000 }))).param).toBe('expires_at');
  expect((await refused(create({ max_redemptions: 6 }))).param).toBe('max_redemptions');
  expect((await refused(create({ code: 'TEN PER CENT' }))).param).toBe('code');
  expect((await create({ code: 'Ten-10', expires_at: START + 80_000 })).code).toBe('Ten-10');
});
