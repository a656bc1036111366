import { desc, eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { customers, invoices, subscriptions } from '@/db/schema';
import { ManagedByStripe } from '@/lib/billing/errors';
import { DAY_MS } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { setSubscription } from './by-hand';
import { cancelSubscription } from './cancellation';
import { changeTier } from './change';
import { previewChange } from './change-preview';

// A change of plan while something waits for the period's end (a cancellation, another change), and with a discount.

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
type Wish = { tierCode: string; interval?: 'month' | 'year' };

const change = async (shop: Subscriber, wish: Wish, stripe = stage.stripe) =>
  changeTier(stage.db, stripe, { ...(await stage.by(shop)), interval: 'month', ...wish });
const preview = async (shop: Subscriber, wish: Wish) =>
  previewChange(stage.db, stage.stripe, { ...(await stage.by(shop)), interval: 'month', ...wish });
const atStripe = (shop: Subscriber) => stage.stripe.subscriptions.retrieve(shop.subscriptionId);
const lastBill = async (shop: Subscriber) => {
  const [bill] = await stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId))
    .orderBy(desc(invoices.issuedAt), desc(invoices.id));
  return bill;
};
async function toPeriodEnd(shop: Subscriber) {
  const { currentPeriodEnd } = await stage.current(shop);
  await stage.advance(((currentPeriodEnd?.getTime() ?? 0) - (await stage.now()).getTime()) / DAY_MS + 0.2);
  await stage.deliverNew();
}

/** The two ways in which Stripe says that a subscription ends with its period (stripe.md 43). */
const cancellations: [string, (shop: Subscriber) => Promise<unknown>][] = [
  ['our', async (shop) => cancelSubscription(stage.db, stage.stripe, await stage.by(shop))],
  [
    'the portal’s',
    async (shop) => {
      await stage.stripe.subscriptions.update(shop.subscriptionId, { cancel_at: 'min_period_end' });
      await stage.deliverNew();
    },
  ],
];

describe.each(cancellations)('a plan that ends, in %s way of saying so', (_name, cancel) => {
  test('can be previewed in every direction, and nothing is said to follow where nothing changes', async () => {
    const shop = await stage.subscriber('professional');
    await cancel(shop);
    expect(await preview(shop, { tierCode: 'business' })).toMatchObject({
      kind: 'upgrade',
      takesBack: 'cancellation',
      nextInvoice: { amount: 23_283 },
    });
    expect(await preview(shop, { tierCode: 'essential' })).toMatchObject({
      kind: 'downgrade',
      nextInvoice: { amount: 5733 },
    });
    expect(await preview(shop, { tierCode: 'professional', interval: 'year' })).toMatchObject({
      kind: 'interval',
    });
    expect(await preview(shop, { tierCode: 'professional' })).toMatchObject({
      kind: 'none',
      takesBack: null,
      nextInvoice: { amount: 0, date: null },
    });
    expect(await atStripe(shop)).toMatchObject({ cancel_at: expect.any(Number) });
  });

  test.each(['business', 'essential'])('goes on with a change to %s, as previewed', async (tierCode) => {
    const shop = await stage.subscriber('professional');
    await cancel(shop);
    const said = await preview(shop, { tierCode });
    const { subscription } = await change(shop, { tierCode });
    expect(subscription).toMatchObject({ cancelAt: null, cancelAtPeriodEnd: false });
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: tierCode } });
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: said.nextInvoice.amount });
  });

  test('still ends when the upgrade is never paid', async () => {
    const shop = await stage.subscriber('essential');
    await cancel(shop);
    const { cancel_at } = await atStripe(shop);
    await stage.card(shop.customerId, 'pm_card_chargeCustomerFail');
    const { subscription } = await change(shop, { tierCode: 'professional' });
    expect(subscription).toMatchObject({ tier: { code: 'essential' }, cancelAt: expect.any(Date) });
    await stage.advance(1.1);
    await stage.deliverNew();
    expect((await atStripe(shop)).cancel_at).toBe(cancel_at);
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({ status: 'canceled', tier: { code: 'essential' } });
  });

  test('an upgrade that is paid later takes the cancellation back with the payment', async () => {
    const shop = await stage.subscriber('essential');
    await cancel(shop);
    await stage.card(shop.customerId, 'pm_card_authenticationRequired');
    await change(shop, { tierCode: 'professional' });
    expect(await stage.current(shop)).toMatchObject({ cancelAt: expect.any(Date) });
    await stage.card(shop.customerId, 'pm_card_visa');
    await stage.payOpenInvoices(shop.customerId);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'professional' },
      cancelAt: null,
      cancelAtPeriodEnd: false,
    });
  });
});

test('a discount lives on through a downgrade: the bill is what the preview said', async () => {
  const shop = await stage.subscriber('business');
  const coupon = await stage.stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  await stage.stripe.subscriptions.update(shop.subscriptionId, { discounts: [{ coupon: coupon.id }] });
  await stage.deliverNew();
  const said = await preview(shop, { tierCode: 'essential' });
  expect(said.nextInvoice.amount).toBeLessThan(3000);
  await change(shop, { tierCode: 'essential' });
  await toPeriodEnd(shop);
  expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: said.nextInvoice.amount });
  expect(await stage.current(shop)).toMatchObject({ tier: { code: 'essential' }, mrrCents: 2450 });
});

describe('a change that Stripe did not make takes nothing away', () => {
  /** Stripe, whose answer to one call is a fault. */
  const failing = (resource: 'subscriptions' | 'subscriptionSchedules', verb: string): Stripe => {
    const real = stage.stripe[resource];
    let failed = false;
    const broken = new Proxy(real, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== verb || failed) return typeof value === 'function' ? value.bind(target) : value;
        return () => {
          failed = true;
          return Promise.reject(
            Object.assign(new Error('the connection broke'), { type: 'StripeConnectionError' }),
          );
        };
      },
    });
    return new Proxy(stage.stripe, {
      get: (target, name) => (name === resource ? broken : Reflect.get(target, name)),
    });
  };

  test('a downgrade that waits outlives an upgrade and a cancellation that fail', async () => {
    const shop = await stage.subscriber('professional');
    await change(shop, { tierCode: 'essential' });
    expect(await preview(shop, { tierCode: 'business' })).toMatchObject({ takesBack: 'change' });
    await expect(change(shop, { tierCode: 'business' }, failing('subscriptions', 'update'))).rejects.toThrow(
      /stripe_unavailable/,
    );
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ pendingTier: { code: 'essential' } });
    const by = await stage.by(shop);
    const cancelled = cancelSubscription(stage.db, failing('subscriptions', 'update'), by);
    await expect(cancelled).rejects.toThrow(/stripe_unavailable/);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      pendingTier: { code: 'essential' },
      cancelAtPeriodEnd: false,
    });
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'essential' } });
  });

  test.each(['create', 'update'])(
    'a cancellation outlives a downgrade that fails at %s, its reason too',
    async (verb) => {
      const shop = await stage.subscriber('professional');
      await cancelSubscription(stage.db, stage.stripe, { ...(await stage.by(shop)), reason: 'too dear' });
      await expect(
        change(shop, { tierCode: 'essential' }, failing('subscriptionSchedules', verb)),
      ).rejects.toThrow(/stripe_unavailable/);
      await stage.deliverNew();
      expect(await stage.current(shop)).toMatchObject({ cancelAtPeriodEnd: true, cancelReason: 'too dear' });
      expect(await atStripe(shop)).toMatchObject({ schedule: null });
    },
  );

  test('a downgrade that waits outlives another that fails half-way', async () => {
    const shop = await stage.subscriber('business');
    await change(shop, { tierCode: 'professional' });
    await expect(
      change(shop, { tierCode: 'essential' }, failing('subscriptionSchedules', 'update')),
    ).rejects.toThrow(/stripe_unavailable/);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ pendingTier: { code: 'professional' } });
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({ tier: { code: 'professional' } });
  });
});

test('a plan is not given beside one that Stripe just said is paid', async () => {
  const shop = await stage.subscriber();
  const mine = eq(subscriptions.stripeSubscriptionId, shop.subscriptionId);
  await stage.db.update(subscriptions).set({ status: 'incomplete' }).where(mine);
  const { account, actor, now } = await stage.by(shop);
  const given = { tierCode: 'business', status: 'active' as const, reason: 'They waited' };
  let answer: Promise<unknown> = Promise.resolve();
  await stage.db.transaction(async (tx) => {
    await tx
      .select({ id: customers.merchantId })
      .from(customers)
      .where(eq(customers.merchantId, account.merchantId))
      .for('no key update');
    answer = setSubscription(stage.db, () => stage.stripe, account, given, { actor, now }).catch(
      (error: unknown) => error,
    );
    await vi.waitFor(async () => {
      const waiting = await stage.db.execute(sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      expect(waiting).toHaveLength(1);
    });
    await tx.update(subscriptions).set({ status: 'active' }).where(mine);
  });
  expect(await answer).toBeInstanceOf(ManagedByStripe);
  const rows = await stage.db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.merchantId, account.merchantId));
  expect(rows.filter((row) => row.isCurrent && row.endedAt === null)).toMatchObject([
    { stripeSubscriptionId: shop.subscriptionId },
  ]);
});
