/** Discounts of customers: given as the Dashboard does, inherited by what has none of its own (stripe.md D71). */
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

const FOREVER = { percent_off: 25, duration: 'forever' } as const;

/** A customer with a discount, and what asks of them; plans of 100.00 and 300.00. */
async function discounted(given: Stripe.CouponCreateParams = FOREVER) {
  const coupon = await stripe.coupons.create(given);
  const [pro, scale] = [await price(stripe, 'Pro', 10_000), await price(stripe, 'Scale', 30_000)];
  const { id: customer } = await customerWith(stripe, 'pm_card_visa');
  const answer = await give(customer, coupon.id);
  const read = async () => (await stripe.customers.retrieve(customer)) as Stripe.Customer;
  const subscribe = (more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
    stripe.subscriptions.create({ customer, items: [{ price: pro.id }], ...more });
  const totals = async () =>
    (await stripe.invoices.list({ customer })).data.map((one) => one.total).reverse();
  const preview = async (asked: Stripe.InvoiceCreatePreviewParams) =>
    (await stripe.invoices.createPreview(asked)).total;
  return { coupon, pro, scale, customer, answer, read, subscribe, totals, preview };
}

const give = (customer: string, coupon: string) => bench.local(`customers/${customer}/discount`, { coupon });
async function told(): Promise<Stripe.Event[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data.filter((one) => /^customer\.(discount\.|updated)/.test(one.type)).reverse();
}

test('the control gives one as the Dashboard does, and the customer shows it, alone and in lists', async () => {
  const { coupon, customer, answer, read } = await discounted();
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^di_/),
    object: 'discount',
    checkout_session: null,
    customer,
    customer_account: null,
    end: null,
    invoice: null,
    invoice_item: null,
    promotion_code: null,
    source: { coupon: coupon.id, type: 'coupon' },
    start: expect.any(Number),
    subscription: null,
    subscription_item: null,
  });
  expect((await read()).discount).toEqual(answer.body);
  const whole = { source: { coupon: { id: coupon.id, percent_off: 25 }, type: 'coupon' } };
  const one = await stripe.customers.retrieve(customer, { expand: ['discount.source.coupon'] });
  expect((one as Stripe.Customer).discount).toMatchObject(whole);
  const { data } = await stripe.customers.list({ expand: ['data.discount.source.coupon'] });
  expect(data[0]?.discount).toMatchObject(whole);
  expect((await read()).discount?.source.coupon).toBe(coupon.id);
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
  const [created, updated] = (await told()).slice(-2);
  expect([created?.type, created?.data.object]).toEqual(['customer.discount.created', answer.body]);
  expect([updated?.type, updated?.data.previous_attributes]).toEqual([
    'customer.updated',
    { discount: null },
  ]);
});

test('the control refuses what is not there', async () => {
  const { customer, coupon } = await discounted();
  const statuses = await Promise.all([
    give('cus_none', coupon.id),
    give(customer, 'none'),
    bench.local(`customers/${customer}/discount`, {}),
    bench.local(`customers/${customer}/coupon`, { coupon: coupon.id }),
  ]);
  expect(statuses.map((one) => one.status)).toEqual([404, 400, 400, 404]);
  const unknown = stripe.customers.update(customer, { coupon: coupon.id } as Stripe.CustomerUpdateParams);
  expect((await refused(unknown)).code).toBe('parameter_unknown');
});

test('another coupon takes its place, and that is an update', async () => {
  const { customer, answer, coupon, read } = await discounted();
  const other = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const { body } = await give(customer, other.id);
  expect((await read()).discount?.id).toBe(body.id);
  expect((await told()).at(-2)).toMatchObject({
    type: 'customer.discount.updated',
    data: {
      object: { id: body.id, source: { coupon: other.id } },
      previous_attributes: { id: answer.body.id, source: { coupon: coupon.id } },
    },
  });
});

test('it is taken off by the API, once', async () => {
  const { customer, answer, read, subscribe, totals } = await discounted();
  const { end: _end, ...rest } = answer.body;
  expect(await stripe.customers.deleteDiscount(customer)).toMatchObject({ ...rest, deleted: true });
  expect((await read()).discount).toBeNull();
  expect((await told()).slice(-2).map((one) => one.type)).toEqual([
    'customer.discount.deleted',
    'customer.updated',
  ]);
  expect((await refused(stripe.customers.deleteDiscount(customer))).statusCode).toBe(404);
  await subscribe();
  expect(await totals()).toEqual([10_000]);
});

test('a subscription without discounts inherits it: first invoice, previews and renewals', async () => {
  const { customer, answer, pro, subscribe, totals, preview } = await discounted();
  const asked = { customer, subscription_details: { items: [{ price: pro.id }] } };
  expect([await preview(asked), await preview({ ...asked, discounts: '' })]).toEqual([7500, 10_000]);
  const sub = await subscribe({ expand: ['latest_invoice'] });
  expect(sub.discounts).toEqual([]);
  expect(sub.latest_invoice).toMatchObject({
    discounts: [answer.body.id],
    total_discount_amounts: [{ amount: 2500, discount: answer.body.id }],
  });
  expect(await preview({ subscription: sub.id })).toBe(7500);
  expect(await preview({ subscription: sub.id, discounts: '' })).toBe(10_000);
  await bench.local('advance', { days: 32 });
  expect(await totals()).toEqual([7500, 7500]);
});

test('its own discounts stand before it, and an item’s; without them it counts again', async () => {
  const { subscribe, preview, pro } = await discounted();
  const tenth = (await stripe.coupons.create({ percent_off: 10, duration: 'forever' })).id;
  const sub = await subscribe({ discounts: [{ coupon: tenth }] });
  expect(await preview({ subscription: sub.id })).toBe(9000);
  await stripe.subscriptions.update(sub.id, { discounts: '' });
  expect(await preview({ subscription: sub.id })).toBe(7500);
  const [item] = (await subscribe({ items: [{ price: pro.id, discounts: [{ coupon: tenth }] }] })).items.data;
  expect(await preview({ subscription: item?.subscription as string })).toBe(9000);
  await stripe.subscriptionItems.update(item?.id ?? '', { discounts: '' });
  expect(await preview({ subscription: item?.subscription as string })).toBe(7500);
});

test('once lowers one invoice, and goes', async () => {
  const { subscribe, totals, read, preview } = await discounted({ percent_off: 50, duration: 'once' });
  const sub = await subscribe();
  expect((await read()).discount).toBeNull();
  expect((await told()).map((one) => one.type)).toContain('customer.discount.deleted');
  expect(await preview({ subscription: sub.id })).toBe(10_000);
  await bench.local('advance', { days: 32 });
  expect(await totals()).toEqual([5000, 10_000]);
});

test('repeating runs out by itself, whoever is billed', async () => {
  const { subscribe, totals, read, preview } = await discounted({
    percent_off: 50,
    duration: 'repeating',
    duration_in_months: 2,
  });
  const sub = await subscribe();
  await bench.local('advance', { days: 32 });
  expect((await read()).discount?.end).toBe(Date.UTC(2026, 2, 15, 12) / 1000);
  expect(await preview({ subscription: sub.id })).toBe(10_000);
  await bench.local('advance', { days: 31 });
  expect((await read()).discount).toBeNull();
  expect(await totals()).toEqual([5000, 5000, 10_000]);
  expect((await told()).filter((one) => one.type === 'customer.discount.deleted')).toHaveLength(1);
});

test('a change of plan is previewed and billed with it', async () => {
  const { subscribe, scale, totals, preview } = await discounted();
  const sub = await subscribe();
  await bench.local('advance', { to: START + 31 * 43_200 });
  const change = { items: [{ id: sub.items.data[0]?.id ?? '', price: scale.id }] };
  const now = {
    ...change,
    proration_behavior: 'always_invoice',
    proration_date: START + 31 * 43_200,
  } as const;
  const due = await preview({ subscription: sub.id, subscription_details: now });
  expect(due).toBeGreaterThan(7490);
  expect(due).toBeLessThan(7510); // half a month of 225.00 less half of 75.00
  await stripe.subscriptions.update(sub.id, now);
  expect(await totals()).toEqual([7500, due]);
  expect(await preview({ subscription: sub.id })).toBe(22_500);
});

test('a phase without discounts inherits it, one with its own does not', async () => {
  const { subscribe, pro, totals, preview } = await discounted();
  const tenth = (await stripe.coupons.create({ percent_off: 10, duration: 'forever' })).id;
  const sub = await subscribe();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const { start_date = 0, end_date = 0 } = schedule.phases[0] ?? {};
  const items = [{ price: pro.id }];
  const month = { interval: 'month' } as const;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items, start_date, end_date },
      { items, duration: month, discounts: [{ coupon: tenth }] },
      { items, duration: month },
    ],
  });
  expect(await preview({ subscription: sub.id })).toBe(9000);
  const empty = { phases: [{ items, start_date, end_date, discounts: '' as const }] };
  const error = await refused(stripe.subscriptionSchedules.update(schedule.id, empty));
  expect([error.code, error.param]).toEqual(['parameter_unknown', 'phases[0][discounts]']);
  await bench.local('advance', { days: 32 });
  expect(await preview({ subscription: sub.id })).toBe(7500);
  await bench.local('advance', { days: 31 });
  expect(await totals()).toEqual([7500, 9000, 7500]);
});

test('Checkout asks for what the first invoice will take', async () => {
  const { customer, pro, totals } = await discounted();
  const session = await stripe.checkout.sessions.create({
    customer,
    mode: 'subscription',
    line_items: [{ price: pro.id, quantity: 1 }],
    success_url: 'http://127.0.0.1/done',
  });
  expect(session.amount_total).toBe(7500);
  await bench.local(`checkout/${session.id}/complete`, {});
  expect(await totals()).toEqual([7500]);
});

test('an invoice made by hand inherits it unless told otherwise', async () => {
  const { customer } = await discounted();
  await stripe.invoiceItems.create({ customer, amount: 4000, currency: 'eur' });
  const made = (more: Partial<Stripe.InvoiceCreateParams>) =>
    stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include', ...more });
  const invoice = await made({});
  expect(invoice.total).toBe(3000);
  await stripe.invoiceItems.create({ customer, amount: 4000, currency: 'eur' });
  expect((await made({ discounts: '' })).total).toBe(4000);
});

test('a deleted coupon takes no customer’s discount along (stripe.md F3)', async () => {
  const { coupon, subscribe, totals } = await discounted();
  await stripe.coupons.del(coupon.id);
  await subscribe();
  expect(await totals()).toEqual([7500]);
});
