/** What waits in `pending_update`, and `cancel_at_period_end` with it. https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation */
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
const cancellation = (sub: Stripe.Subscription) => [
  sub.cancel_at_period_end,
  day(sub.cancel_at),
  day(sub.canceled_at),
  sub.cancellation_details?.reason,
];
const CANCELLING = [true, END, '2026-01-15', 'cancellation_requested'];
const GOING_ON = [false, null, null, null];

const events = async (type: string) => (await stripe.events.list({ type, limit: 100 })).data;
const expired = async () => (await events('customer.subscription.pending_update_expired')).length;

describe('a declined upgrade that takes the cancellation back', () => {
  test('waits with both; paid, it is upgraded and goes on', async () => {
    const { pro, business, upgrade, pay, now } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
    const { pro, upgrade, invoice, now } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
    const { pro, upgrade, invoice, now } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
    const { business, upgrade, pay, now } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
    const { yearly, upgrade, pay } = await upgradable(stripe, { cancelling: false, card: 'bad' });
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
    const { yearly, upgrade, pay } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
  const { business, upgrade } = await upgradable(stripe, { cancelling, card: 'good' });
  const after = await upgrade({ cancel_at_period_end: asked });
  expect([planOf(after), after.pending_update, ...cancellation(after)]).toEqual([business.id, null, ...then]);
});

describe('a later update', () => {
  test.each([
    [true, false, CANCELLING, GOING_ON],
    [false, true, GOING_ON, CANCELLING],
  ])('that contradicts: held %s, then %s expires what waits', async (held, asked, was, then) => {
    const { pro, upgrade, update, invoice } = await upgradable(stripe, { cancelling: held, card: 'bad' });
    // A subscription already so: the pending value only repeats what is.
    const before = await upgrade({ cancel_at_period_end: held });
    expect(cancellation(before)).toEqual(was);
    const after = await update({ cancel_at_period_end: asked });
    expect([planOf(after), after.pending_update, ...cancellation(after)]).toEqual([pro.id, null, ...then]);
    expect([(await invoice(before)).status, await expired()]).toEqual(['void', 1]);
  });

  test('that says the same, or nothing of it, leaves what waits', async () => {
    const { business, upgrade, update, pay, invoice } = await upgradable(stripe, {
      cancelling: true,
      card: 'bad',
    });
    const held = await upgrade({ cancel_at_period_end: false });
    await update({ metadata: { note: 'hello' } });
    const after = await update({ cancel_at_period_end: false });
    expect([after.pending_update, ...cancellation(after)]).toEqual([held.pending_update, ...GOING_ON]);
    expect([(await invoice(held)).status, await expired()]).toEqual(['open', 0]);
    const paid = await pay(held);
    expect([planOf(paid), ...cancellation(paid)]).toEqual([business.id, ...GOING_ON]);
  });

  test('that waits itself and contradicts takes its place', async () => {
    const { upgrade, invoice } = await upgradable(stripe, { cancelling: true, card: 'bad' });
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
    const { upgrade } = await upgradable(stripe, { cancelling: true, card: 'bad' });
    const held = await upgrade({ cancel_at_period_end: false });
    const error = await refused(
      upgrade({ cancel_at_period_end: true, payment_behavior: 'error_if_incomplete' }),
    );
    expect([error.code, await expired()]).toEqual(['card_declined', 0]);
    expect((await stripe.subscriptions.retrieve(held.id)).pending_update).toEqual(held.pending_update);
  });
});
