/** What may not wait in `pending_update`, and what it leaves behind. https://docs.stripe.com/billing/subscriptions/pending-updates */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, day, open, refused, START } from '../testing';
import { upgradable } from '../testing-scenes';

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

const END = '2026-02-15';
const HOUR = 3600;
const to = (instant: number) => bench.local('advance', { to: instant });
const planOf = (sub: Stripe.Subscription) => sub.items.data[0]?.price.id;
const _cancellation = (sub: Stripe.Subscription) => [
  sub.cancel_at_period_end,
  day(sub.cancel_at),
  day(sub.canceled_at),
  sub.cancellation_details?.reason,
];
const _CANCELLING = [true, END, '2026-01-15', 'cancellation_requested'];
const _GOING_ON = [false, null, null, null];

const events = async (type: string) => (await stripe.events.list({ type, limit: 100 })).data;
const expired = async () => (await events('customer.subscription.pending_update_expired')).length;

describe('what a pending update may not be made of', () => {
  const refusal = async (work: Promise<unknown>) => {
    const error = await refused(work);
    return [error.statusCode, error.type, error.param];
  };
  const refusedAt = (param: string) => [400, 'StripeInvalidRequestError', param];

  test.each([
    ['off_session', { off_session: true }],
    ['automatic_tax', { automatic_tax: { enabled: true } }],
    ['default_payment_method', { default_payment_method: '' }],
    ['cancel_at', { cancel_at: START + 9_000_000 }],
    ['description', { description: 'x' }],
  ])('%s beside it is refused by name (stripe.md D43, F11)', async (param, given) => {
    const { upgrade, now, pro } = await upgradable(stripe, { cancelling: false, card: 'good' });
    expect(await refusal(upgrade(given))).toEqual(refusedAt(param));
    expect(planOf(await now())).toBe(pro.id);
  });

  test('price_data and off_session are a setting: nobody knows (stripe.md D43, F16)', async () => {
    const { now, update, business } = await upgradable(stripe, { cancelling: false, card: 'good' });
    const product = String(business.product);
    const price_data = {
      currency: 'eur',
      product,
      unit_amount: 15000,
      recurring: { interval: 'month' as const },
    };
    const change = async (): Promise<Stripe.SubscriptionUpdateParams> => ({
      items: [{ id: String((await now()).items.data[0]?.id), price_data }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(await refusal(update(await change()))).toEqual(refusedAt('items[0][price_data]'));
    await bench.local('settings', { pending_updates_take: ['price_data', 'off_session'] });
    const after = await update({ ...(await change()), off_session: true });
    expect(after.items.data[0]?.price.unit_amount).toBe(15000);
  });

  test('a subscription paid by invoice, by default (stripe.md D42)', async () => {
    const { upgrade, update } = await upgradable(stripe, { cancelling: false, card: 'good' });
    await update({ collection_method: 'send_invoice', days_until_due: 14 });
    expect(await refusal(upgrade({}))).toEqual(refusedAt('payment_behavior'));
    await bench.local('settings', { pending_updates_take: ['send_invoice'] });
    expect((await upgrade({})).pending_update).toBeNull();
  });

  test('a past-due one, by setting (stripe.md F16)', async () => {
    const { upgrade, now } = await upgradable(stripe, { cancelling: false, card: 'bad' });
    await bench.local('advance', { days: 32 });
    expect((await now()).status).toBe('past_due');
    expect((await upgrade({})).pending_update).not.toBeNull();
    await bench.local('settings', { pending_updates_take: [] });
    expect(await refusal(upgrade({}))).toEqual(refusedAt('payment_behavior'));
  });

  test('the same holds for the calls on items', async () => {
    const { now, business } = await upgradable(stripe, { cancelling: false, card: 'good' });
    const given = {
      price: business.id,
      payment_behavior: 'pending_if_incomplete' as const,
      off_session: true,
    };
    expect(
      await refusal(stripe.subscriptionItems.update(String((await now()).items.data[0]?.id), given)),
    ).toEqual(refusedAt('off_session'));
  });
});

test.each([true, false])(
  'an expired one comes with `updated`: %s, a setting (stripe.md F16)',
  async (expiry_updates) => {
    const { upgrade, invoice } = await upgradable(stripe, { cancelling: false, card: 'bad' });
    await bench.local('settings', { expiry_updates });
    const held = await upgrade({});
    const before = (await events('customer.subscription.updated')).length;
    await to(START + 23 * HOUR);
    expect((await events('customer.subscription.updated')).length - before).toBe(expiry_updates ? 1 : 0);
    expect([await expired(), (await invoice(held)).status]).toEqual([1, 'void']);
  },
);

test('a schedule that enters its next phase drops what waits (stripe.md D44)', async () => {
  const { upgrade, invoice, now, pro } = await upgradable(stripe, { cancelling: false, card: 'bad' });
  const { id } = await now();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const start_date = schedule.phases[0]?.start_date ?? 0;
  const items = [{ price: pro.id }];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items, start_date, end_date: START + 5 * HOUR },
      { items, duration: { interval: 'month' }, metadata: { phase: 'two' } },
    ],
  });
  const held = await upgrade({});
  await to(START + 6 * HOUR);
  const after = await now();
  expect([after.metadata.phase, after.pending_update, planOf(after)]).toEqual(['two', null, pro.id]);
  expect([(await invoice(held)).status, await expired()]).toEqual(['void', 1]);
});

test('invoice items that wait are left out; an update without it takes them along (stripe.md F7)', async () => {
  const { update, upgrade, now, business, yearly } = await upgradable(stripe, {
    cancelling: false,
    card: 'good',
  });
  const sub = await now();
  await stripe.invoiceItems.create({
    customer: String(sub.customer),
    subscription: sub.id,
    amount: -1000,
    currency: 'eur',
  });
  const lines = async (held: Stripe.Subscription) =>
    (await stripe.invoices.retrieve(String(held.latest_invoice))).lines.data.map((line) => line.amount);
  const items = [{ id: String(sub.items.data[0]?.id), price: business.id }];
  const preview = await stripe.invoices.createPreview({
    subscription: sub.id,
    subscription_details: { items, proration_behavior: 'always_invoice', proration_date: START },
  });
  expect(preview.lines.data.map((line) => line.amount)).toContain(-1000);
  expect(await lines(await upgrade({ proration_date: START }))).toEqual([-9900, 19900]);
  const other = await update({ items: [{ price: yearly.id }], proration_behavior: 'always_invoice' });
  expect(await lines(other)).toContain(-1000);
});
