import { and, desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invoices, subscriptions, tierPrices } from '@/db/schema';
import { DomainError } from '@/lib/errors';
import { DAY_MS, toUnix } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { cancelSubscription, reactivateSubscription } from './cancellation';
import { changeTier, undoPendingChange } from './change';
import { previewChange } from './change-preview';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
type Wish = { tierCode: string; interval?: 'month' | 'year' };

const change = async (shop: Subscriber, wish: Wish & { prorationDate?: number }) =>
  changeTier(stage.db, stage.stripe, { ...(await stage.by(shop)), interval: 'month', ...wish });
const preview = async (shop: Subscriber, wish: Wish) =>
  previewChange(stage.db, stage.stripe, { ...(await stage.by(shop)), interval: 'month', ...wish });
const lastBill = async (shop: Subscriber) => {
  const mine = eq(invoices.merchantId, shop.account.merchantId);
  const [bill] = await stage.db
    .select()
    .from(invoices)
    .where(mine)
    .orderBy(desc(invoices.issuedAt), desc(invoices.id));
  return bill;
};
const daysToEnd = async (shop: Subscriber) => {
  const { currentPeriodEnd } = await stage.current(shop);
  return ((currentPeriodEnd?.getTime() ?? 0) - (await stage.now()).getTime()) / DAY_MS;
};

describe('upgrade', () => {
  test('is at once, prorated, billed now, and costs what the preview said', async () => {
    const shop = await stage.subscriber('essential');
    await stage.advance(10);
    const said = await preview(shop, { tierCode: 'business' });
    expect(said).toMatchObject({ kind: 'upgrade' });
    expect(said.dueNow.amount).toBeGreaterThan(10_000);
    const prorationDate = said.prorationDate ?? undefined;
    const answer = await change(shop, { tierCode: 'business', prorationDate });
    expect(answer).toMatchObject({
      paymentUrl: null,
      subscription: { tier: { code: 'business' }, unitAmount: 19_900 },
    });
    await stage.deliverNew();
    const bill = await lastBill(shop);
    expect(bill).toMatchObject({ status: 'paid', amountPaid: said.dueNow.amount });
    expect(said.totals).toEqual({
      net: bill?.subtotal,
      tax: bill?.tax,
      total: bill?.total,
      balance: 0,
      taxReason: 'same_country',
    });
    expect(bill?.tax).toBeGreaterThan(0);
    expect(bill?.lines.map((line) => line.amount).sort()).toEqual(
      said.lines.map((line) => line.amount).sort(),
    );
    expect(bill?.lines.every((line) => line.proration)).toBe(true);
    await stage.advance((await daysToEnd(shop)) + 1);
    await stage.deliverNew();
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: said.nextInvoice.amount });
  });

  test.each([
    ['a declined card', 'pm_card_chargeCustomerFail'],
    ['3-D Secure', 'pm_card_authenticationRequired'],
  ])('with %s the tier stays and a way to pay is shown; once paid it changes', async (_name, card) => {
    const shop = await stage.subscriber('essential');
    await stage.card(shop.customerId, card);
    const answer = await change(shop, { tierCode: 'professional' });
    expect(answer.subscription).toMatchObject({ tier: { code: 'essential' }, status: 'active' });
    expect(answer.paymentUrl).toMatch(/^http/);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'essential' },
      pendingPaymentUrl: answer.paymentUrl,
    });
    await stage.card(shop.customerId, 'pm_card_visa');
    await stage.payOpenInvoices(shop.customerId);
    const answers = await stage.deliverNew();
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'professional' },
      pendingPaymentUrl: null,
      pendingPaymentUntil: null,
    });
  });

  test('that is never paid lapses after a day, and the plan stays', async () => {
    const shop = await stage.subscriber('essential');
    await stage.card(shop.customerId, 'pm_card_chargeCustomerFail');
    await change(shop, { tierCode: 'professional' });
    await stage.advance(1.1);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'essential' },
      status: 'active',
      pendingPaymentUrl: null,
    });
  });

  test('monthly to annual is at once; the new year starts now', async () => {
    const shop = await stage.subscriber('professional');
    await stage.advance(5);
    const said = await preview(shop, { tierCode: 'professional', interval: 'year' });
    expect(said.kind).toBe('interval');
    const prorationDate = said.prorationDate ?? undefined;
    await change(shop, { tierCode: 'professional', interval: 'year', prorationDate });
    await stage.deliverNew();
    const current = await stage.current(shop);
    expect(current).toMatchObject({ interval: 'year', unitAmount: 99_000, mrrCents: 8250 });
    expect(await daysToEnd(shop)).toBeGreaterThan(360);
    expect(await lastBill(shop)).toMatchObject({ amountPaid: said.dueNow.amount });
    expect(said.nextInvoice.date?.slice(0, 10)).toBe(current.currentPeriodEnd?.toISOString().slice(0, 10));
    expect(said.nextInvoice.amount).toBe(115_830);
  });
});

describe('downgrade', () => {
  test('waits for the period to end, is shown until then, and takes effect then', async () => {
    const shop = await stage.subscriber('business');
    const end = (await stage.current(shop)).currentPeriodEnd;
    const said = await preview(shop, { tierCode: 'essential' });
    expect(said).toMatchObject({ kind: 'downgrade', dueNow: { amount: 0 }, nextInvoice: { amount: 5733 } });
    const answer = await change(shop, { tierCode: 'essential' });
    expect(answer.effectiveAt).toEqual(end);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'business' },
      pendingTier: { code: 'essential' },
      pendingInterval: 'month',
      pendingAt: end,
    });
    await stage.advance((await daysToEnd(shop)) + 0.2);
    const answers = await stage.deliverNew();
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'essential' },
      pendingTier: null,
      pendingAt: null,
    });
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: said.nextInvoice.amount });
  });

  test('can be undone until then; twice is a refusal', async () => {
    const shop = await stage.subscriber('business');
    await change(shop, { tierCode: 'essential' });
    const undone = await undoPendingChange(stage.db, stage.stripe, await stage.by(shop));
    expect(undone).toMatchObject({ tier: { code: 'business' }, pendingTier: null, stripeScheduleId: null });
    await expect(undoPendingChange(stage.db, stage.stripe, await stage.by(shop))).rejects.toThrow(
      /no_pending_change/,
    );
    await stage.advance((await daysToEnd(shop)) + 0.2);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ tier: { code: 'business' }, status: 'active' });
  });

  test('another downgrade replaces it, an upgrade drops it, the plan held takes it back', async () => {
    const shop = await stage.subscriber('business');
    await change(shop, { tierCode: 'essential' });
    expect((await change(shop, { tierCode: 'professional' })).subscription.pendingTier?.code).toBe(
      'professional',
    );
    expect((await change(shop, { tierCode: 'business' })).subscription).toMatchObject({ pendingTier: null });
    await change(shop, { tierCode: 'professional' });
    const up = await change(shop, { tierCode: 'business', interval: 'year' });
    expect(up.subscription).toMatchObject({
      pendingTier: null,
      interval: 'year',
      tier: { code: 'business' },
    });
  });

  test('annual to monthly waits too', async () => {
    const shop = await stage.subscriber('professional', 'year');
    const answer = await change(shop, { tierCode: 'professional', interval: 'month' });
    expect(answer.subscription).toMatchObject({ interval: 'year', pendingInterval: 'month' });
    expect(answer.effectiveAt).toEqual(answer.subscription.currentPeriodEnd);
  });
});

describe('cancelling', () => {
  test('at the period end, with the reason, taken back, and for good; then buying again', async () => {
    const shop = await stage.subscriber();
    const by = await stage.by(shop);
    const asked = await cancelSubscription(stage.db, stage.stripe, { ...by, reason: 'too dear' });
    expect(asked).toMatchObject({ status: 'active', cancelAtPeriodEnd: true, cancelReason: 'too dear' });
    expect(asked.cancelAt).toEqual(asked.currentPeriodEnd);
    const back = await reactivateSubscription(stage.db, stage.stripe, by);
    expect(back).toMatchObject({ cancelAtPeriodEnd: false, cancelAt: null });
    await expect(reactivateSubscription(stage.db, stage.stripe, by)).rejects.toThrow(
      /subscription_not_cancelled/,
    );
    await cancelSubscription(stage.db, stage.stripe, by);
    await stage.advance((await daysToEnd(shop)) + 0.2);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ status: 'canceled', mrrCents: 0 });
    const { sessionId } = await stage.checkout(shop, 'business');
    await stage.pay(sessionId);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'business' } });
  });

  test("the portal's way of saying it (cancel_at, the flag false) counts and can be taken back", async () => {
    const shop = await stage.subscriber();
    await stage.stripe.subscriptions.update(shop.subscriptionId, { cancel_at: 'min_period_end' });
    await stage.deliverNew();
    const current = await stage.current(shop);
    expect(current.cancelAt).toEqual(current.currentPeriodEnd);
    const back = await reactivateSubscription(stage.db, stage.stripe, await stage.by(shop));
    expect(back.cancelAt).toBeNull();
  });

  test('drops a downgrade that waits', async () => {
    const shop = await stage.subscriber('business');
    await change(shop, { tierCode: 'essential' });
    const asked = await cancelSubscription(stage.db, stage.stripe, await stage.by(shop));
    expect(asked).toMatchObject({ pendingTier: null, cancelAtPeriodEnd: true });
  });

  test("now: it ends at once, and a late word of the old one never takes the new one's place", async () => {
    const shop = await stage.subscriber();
    const old = await stage.stripe.subscriptions.retrieve(shop.subscriptionId);
    const gone = await cancelSubscription(stage.db, stage.stripe, {
      ...(await stage.by(shop)),
      immediately: true,
    });
    expect(gone).toMatchObject({ status: 'canceled', mrrCents: 0 });
    const late = await stage.newEvents();
    const { sessionId } = await stage.checkout(shop, 'business');
    await stage.pay(sessionId);
    await stage.deliverNew();
    for (const event of late.reverse()) await stage.deliver(event);
    await stage.deliver({
      id: 'evt_revive',
      object: 'event',
      type: 'customer.subscription.updated',
      created: toUnix(await stage.now()) + 5,
      livemode: false,
      data: { object: old },
    });
    expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'business' } });
    const rows = await stage.db
      .select()
      .from(subscriptions)
      .where(eq(subscriptions.stripeSubscriptionId, old.id));
    expect(rows).toMatchObject([{ status: 'canceled', isCurrent: false }]);
  });
});

test('four windows at once: each is done or is told, never a fault, and Stripe agrees with what is shown', async () => {
  const acts: Record<string, (shop: Subscriber) => Promise<unknown>> = {
    downgrade: (shop) => change(shop, { tierCode: 'essential' }),
    upgrade: (shop) => change(shop, { tierCode: 'business' }),
    cancel: async (shop) => cancelSubscription(stage.db, stage.stripe, await stage.by(shop)),
    'cancel now': async (shop) =>
      cancelSubscription(stage.db, stage.stripe, { ...(await stage.by(shop)), immediately: true }),
    'take back': async (shop) => reactivateSubscription(stage.db, stage.stripe, await stage.by(shop)),
    undo: async (shop) => undoPendingChange(stage.db, stage.stripe, await stage.by(shop)),
  };
  const names = Object.keys(acts);
  for (const [turn, first] of names.entries()) {
    const second = names[(turn + 1) % names.length] ?? first;
    const shop = await stage.subscriber();
    const answers = await Promise.allSettled(
      [first, first, second, second].map((name) => acts[name]?.(shop)),
    );
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(answer.reason, `${first} and ${second}`).toBeInstanceOf(DomainError);
    await stage.deliverNew();
    const shown = await stage.current(shop);
    const real = await stage.stripe.subscriptions.retrieve(shop.subscriptionId);
    expect(shown, `${first} and ${second}`).toMatchObject({
      status: real.status,
      cancelAtPeriodEnd: real.cancel_at_period_end,
      stripeScheduleId: real.schedule,
    });
  }
}, 60_000);

test('a price that was replaced still maps to its tier', async () => {
  const shop = await stage.subscriber('essential');
  const mine = and(eq(tierPrices.tierId, 'tier_market_essential'), eq(tierPrices.interval, 'month'));
  await stage.db
    .update(tierPrices)
    .set({ archivedAt: await stage.now() })
    .where(mine);
  await stage.advance(31);
  const answers = await stage.deliverNew();
  expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
  expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'essential' } });
  await stage.db.update(tierPrices).set({ archivedAt: null }).where(mine);
});
