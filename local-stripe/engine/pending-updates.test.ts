/** What waits in `pending_update`, and `cancel_at_period_end` with it. https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, price, refused, START } from '../testing';

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
const cancellation = (sub: Stripe.Subscription) => [
  sub.cancel_at_period_end,
  day(sub.cancel_at),
  day(sub.canceled_at),
  sub.cancellation_details?.reason,
];
const CANCELLING = [true, END, '2026-01-15', 'cancellation_requested'];
const GOING_ON = [false, null, null, null];

async function scene({ cancelling, card }: { cancelling: boolean; card: 'good' | 'bad' }) {
  const pro = await price(stripe, 'Professional', 9900);
  const business = await price(stripe, 'Business', 19900);
  const yearly = await price(stripe, 'Business yearly', 199000, 'year');
  const customer = await customerWith(stripe, 'pm_card_visa');
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
  });
  if (cancelling) await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  if (card === 'bad') {
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  }
  const update = (given: Stripe.SubscriptionUpdateParams) => stripe.subscriptions.update(id, given);
  return {
    pro,
    business,
    yearly,
    update,
    now: () => stripe.subscriptions.retrieve(id),
    upgrade: (given: Stripe.SubscriptionUpdateParams, target = business) =>
      update({
        items: [{ id: String(items.data[0]?.id), price: target.id }],
        proration_behavior: 'always_invoice',
        payment_behavior: 'pending_if_incomplete',
        ...given,
      }),
    pay: async (held: Stripe.Subscription) => {
      const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } });
      await stripe.invoices.pay(String(held.latest_invoice), { payment_method: good.id });
      return stripe.subscriptions.retrieve(id);
    },
    invoice: (held: Stripe.Subscription) => stripe.invoices.retrieve(String(held.latest_invoice)),
  };
}
const events = async (type: string) => (await stripe.events.list({ type, limit: 100 })).data;
const expired = async () => (await events('customer.subscription.pending_update_expired')).length;

describe('a declined upgrade that takes the cancellation back', () => {
  test('waits with both; paid, it is upgraded and goes on', async () => {
    const { pro, business, upgrade, pay, now } = await scene({ cancelling: true, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: false });
    expect([planOf(held), ...cancellation(held)]).toEqual([pro.id, ...CANCELLING]);
    expect(held.pending_update?.subscription_items?.[0]?.price.id).toBe(business.id);
    expect(held.pending_update?.cancel_at_period_end).toBe(false);
    const paid = await pay(held);
    expect([planOf(paid), paid.pending_update, ...cancellation(paid)]).toEqual([
      business.id,
      null,
      ...GOING_ON,
    ]);
    const [applied] = await events('customer.subscription.updated');
    expect(applied?.data.previous_attributes).toMatchObject({ cancel_at_period_end: true });
    expect(await events('customer.subscription.pending_update_applied')).toHaveLength(1);
    await bench.local('advance', { days: 32 });
    expect((await now()).status).toBe('active');
  });

  test('lapses after 23 hours: the old plan, cancelling as before', async () => {
    const { pro, upgrade, invoice, now } = await scene({ cancelling: true, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: false });
    await to(START + 23 * HOUR);
    const after = await now();
    expect([planOf(after), after.pending_update, ...cancellation(after)]).toEqual([
      pro.id,
      null,
      ...CANCELLING,
    ]);
    expect([(await invoice(held)).status, await expired()]).toEqual(['void', 1]);
  });

  test('open at the period’s end: it lapses, and the subscription is over', async () => {
    const { pro, upgrade, invoice, now } = await scene({ cancelling: true, card: 'bad' });
    const end = (await now()).cancel_at ?? 0;
    await to(end - 12 * HOUR);
    const held = await upgrade({ cancel_at_period_end: false });
    expect(held.pending_update?.expires_at).toBe(end);
    await to(end);
    const over = await now();
    expect([over.status, over.ended_at, planOf(over), over.pending_update]).toEqual([
      'canceled',
      end,
      pro.id,
      null,
    ]);
    expect([(await invoice(held)).status, await expired()]).toEqual(['void', 1]);
    expect(await events('customer.subscription.deleted')).toHaveLength(1);
    expect((await stripe.invoices.list({ subscription: over.id })).data).toHaveLength(2);
  });

  test('paid an hour before the period’s end: it renews', async () => {
    const { business, upgrade, pay, now } = await scene({ cancelling: true, card: 'bad' });
    const end = (await now()).cancel_at ?? 0;
    await to(end - 12 * HOUR);
    const held = await upgrade({ cancel_at_period_end: false });
    await to(end - HOUR);
    await pay(held);
    await to(end + 2 * HOUR);
    const after = await now();
    expect([after.status, planOf(after), ...cancellation(after)]).toEqual([
      'active',
      business.id,
      ...GOING_ON,
    ]);
    expect((await events('invoice.paid'))[0]?.data.object).toMatchObject({
      billing_reason: 'subscription_cycle',
      total: 19900,
    });
  });
});

describe('a declined upgrade that also cancels', () => {
  test('cancels only once it is paid, at the end of the period then current', async () => {
    const { yearly, upgrade, pay } = await scene({ cancelling: false, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: true }, yearly);
    expect([held.pending_update?.cancel_at_period_end, ...cancellation(held)]).toEqual([true, ...GOING_ON]);
    const paid = await pay(held);
    expect([planOf(paid), ...cancellation(paid)]).toEqual([
      yearly.id,
      true,
      '2027-01-15',
      '2026-01-15',
      'cancellation_requested',
    ]);
  });

  test('a cancellation it does not speak of follows the new period', async () => {
    const { yearly, upgrade, pay } = await scene({ cancelling: true, card: 'bad' });
    const held = await upgrade({}, yearly);
    expect(held.pending_update?.cancel_at_period_end).toBeNull();
    expect(cancellation(await pay(held))).toEqual([
      true,
      '2027-01-15',
      '2026-01-15',
      'cancellation_requested',
    ]);
  });
});

test.each([
  [true, false, GOING_ON],
  [false, true, CANCELLING],
])('paid at once: cancelling %s becomes %s with the upgrade', async (cancelling, asked, then) => {
  const { business, upgrade } = await scene({ cancelling, card: 'good' });
  const after = await upgrade({ cancel_at_period_end: asked });
  expect([planOf(after), after.pending_update, ...cancellation(after)]).toEqual([business.id, null, ...then]);
});

describe('a later update', () => {
  test.each([
    [true, false, CANCELLING, GOING_ON],
    [false, true, GOING_ON, CANCELLING],
  ])('that contradicts: held %s, then %s expires what waits', async (held, asked, was, then) => {
    const { pro, upgrade, update, invoice } = await scene({ cancelling: held, card: 'bad' });
    // A subscription already so: the pending value only repeats what is.
    const before = await upgrade({ cancel_at_period_end: held });
    expect(cancellation(before)).toEqual(was);
    const after = await update({ cancel_at_period_end: asked });
    expect([planOf(after), after.pending_update, ...cancellation(after)]).toEqual([pro.id, null, ...then]);
    expect([(await invoice(before)).status, await expired()]).toEqual(['void', 1]);
  });

  test('that says the same, or nothing of it, leaves what waits', async () => {
    const { business, upgrade, update, pay, invoice } = await scene({ cancelling: true, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: false });
    await update({ metadata: { note: 'hello' } });
    const after = await update({ cancel_at_period_end: false });
    expect([after.pending_update, ...cancellation(after)]).toEqual([held.pending_update, ...GOING_ON]);
    expect([(await invoice(held)).status, await expired()]).toEqual(['open', 0]);
    const paid = await pay(held);
    expect([planOf(paid), ...cancellation(paid)]).toEqual([business.id, ...GOING_ON]);
  });

  test('that waits itself and contradicts takes its place', async () => {
    const { upgrade, invoice } = await scene({ cancelling: true, card: 'bad' });
    const first = await upgrade({ cancel_at_period_end: false });
    const second = await upgrade({ cancel_at_period_end: true });
    expect(second.pending_update?.cancel_at_period_end).toBe(true);
    expect([(await invoice(first)).status, (await invoice(second)).status, await expired()]).toEqual([
      'void',
      'open',
      1,
    ]);
  });

  test('that is refused expires nothing', async () => {
    const { upgrade } = await scene({ cancelling: true, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: false });
    const error = await refused(
      upgrade({ cancel_at_period_end: true, payment_behavior: 'error_if_incomplete' }),
    );
    expect([error.code, await expired()]).toEqual(['card_declined', 0]);
    expect((await stripe.subscriptions.retrieve(held.id)).pending_update).toEqual(held.pending_update);
  });
});

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
    const { upgrade, now, pro } = await scene({ cancelling: false, card: 'good' });
    expect(await refusal(upgrade(given))).toEqual(refusedAt(param));
    expect(planOf(await now())).toBe(pro.id);
  });

  test('price_data and off_session are a setting: nobody knows (stripe.md D43, F16)', async () => {
    const { now, update, business } = await scene({ cancelling: false, card: 'good' });
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
    const { upgrade, update } = await scene({ cancelling: false, card: 'good' });
    await update({ collection_method: 'send_invoice', days_until_due: 14 });
    expect(await refusal(upgrade({}))).toEqual(refusedAt('payment_behavior'));
    await bench.local('settings', { pending_updates_take: ['send_invoice'] });
    expect((await upgrade({})).pending_update).toBeNull();
  });

  test('a past-due one, by setting (stripe.md F16)', async () => {
    const { upgrade, now } = await scene({ cancelling: false, card: 'bad' });
    await bench.local('advance', { days: 32 });
    expect((await now()).status).toBe('past_due');
    expect((await upgrade({})).pending_update).not.toBeNull();
    await bench.local('settings', { pending_updates_take: [] });
    expect(await refusal(upgrade({}))).toEqual(refusedAt('payment_behavior'));
  });

  test('the same holds for the calls on items', async () => {
    const { now, business } = await scene({ cancelling: false, card: 'good' });
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
    const { upgrade, invoice } = await scene({ cancelling: false, card: 'bad' });
    await bench.local('settings', { expiry_updates });
    const held = await upgrade({});
    const before = (await events('customer.subscription.updated')).length;
    await to(START + 23 * HOUR);
    expect((await events('customer.subscription.updated')).length - before).toBe(expiry_updates ? 1 : 0);
    expect([await expired(), (await invoice(held)).status]).toEqual([1, 'void']);
  },
);

test('a schedule that enters its next phase drops what waits (stripe.md D44)', async () => {
  const { upgrade, invoice, now, pro } = await scene({ cancelling: false, card: 'bad' });
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
  const { update, upgrade, now, business, yearly } = await scene({ cancelling: false, card: 'good' });
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
