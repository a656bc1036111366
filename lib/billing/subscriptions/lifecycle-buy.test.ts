import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, customers, invoices, subscriptions } from '@/db/schema';
import { startTrial, TrialUsed } from '@/lib/billing/account/trial-start';
import { DomainError } from '@/lib/errors';
import { addDays, toUnix } from '@/lib/time';
import { CARDS, openStage, type Shop, type Stage } from '@/testing/stage';
import { startPlanCheckout } from './checkout';
import { completeCheckout } from './checkout-return';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const billsOf = (shop: Shop) =>
  stage.db.select().from(invoices).where(eq(invoices.merchantId, shop.account.merchantId));
const plansOf = (shop: Shop) =>
  stage.db.select().from(subscriptions).where(eq(subscriptions.merchantId, shop.account.merchantId));
const atStripe = async (shop: Shop) => {
  const [row] = await stage.db
    .select()
    .from(customers)
    .where(eq(customers.merchantId, shop.account.merchantId));
  if (!row?.stripeCustomerId) return [];
  return (await stage.stripe.subscriptions.list({ customer: row.stripeCustomerId, status: 'all' })).data;
};
const openReturnPage = async (shop: Shop, sessionId: string) =>
  completeCheckout(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    sessionId,
    merchantId: shop.account.merchantId,
  });

describe('buying a plan', () => {
  test('a lapsed merchant is active at once and pays 99.00 and the tax of its country', async () => {
    const shop = await stage.merchant();
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    const answers = await stage.deliverNew();
    expect(answers.filter((answer) => answer.status === 'failed')).toEqual([]);
    expect(await stage.current(shop)).toMatchObject({
      status: 'active',
      tier: { code: 'professional' },
      mrrCents: 9900,
      interval: 'month',
    });
    expect(await billsOf(shop)).toMatchObject([
      { status: 'paid', kind: 'plan', subtotal: 9900, tax: 1683, total: 11_583, amountPaid: 11_583 },
    ]);
  });

  test('inside the local trial the days left are kept, and the first invoice is 0.00', async () => {
    const shop = await stage.merchant({ trialDays: 30 });
    const before = await stage.current(shop);
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    await stage.deliverNew();
    const after = await stage.current(shop);
    expect(after).toMatchObject({ status: 'trialing', tier: { code: 'professional' }, mrrCents: 0 });
    expect(toUnix(after.trialEnd ?? new Date(0))).toBe(toUnix(before.trialEnd ?? new Date(1)));
    expect(await billsOf(shop)).toMatchObject([{ status: 'paid', total: 0 }]);
    const local = (await plansOf(shop)).find((row) => row.stripeSubscriptionId === null);
    expect(local).toMatchObject({ status: 'expired', isCurrent: false });
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.entityId, local?.id ?? ''));
    expect(trail.filter((row) => row.action === 'subscription.converted')).toMatchObject([
      { actorKind: 'stripe', before: { status: 'trialing' }, after: { status: 'expired' }, ...shop.account },
    ]);
  });

  test('with less than 48 hours of trial left Stripe is asked for 48 hours', async () => {
    const shop = await stage.merchant({ trialDays: 1 });
    const now = await stage.now();
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    await stage.deliverNew();
    const { trialEnd, status } = await stage.current(shop);
    expect(status).toBe('trialing');
    const hours = ((trialEnd?.getTime() ?? 0) - now.getTime()) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(48);
    expect(hours).toBeLessThan(48.2);
  });

  test('a declined card changes nothing, and the same session can still be paid', async () => {
    const shop = await stage.merchant({ trialDays: 0 });
    const { sessionId } = await stage.checkout(shop);
    await expect(stage.pay(sessionId, { card: CARDS.declined })).rejects.toThrow('402');
    await stage.deliverNew();
    expect(await plansOf(shop)).toEqual([]);
    expect(await stage.checkout(shop)).toMatchObject({ sessionId });
    await stage.pay(sessionId);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ status: 'active' });
  });

  test('a trial once per merchant, and not again under the same VAT number', async () => {
    const actor = { kind: 'system' as const, id: 'test' };
    const [one, other] = [await stage.merchant({ trialDays: 5 }), await stage.merchant()];
    const now = await stage.now();
    const start = (shop: Shop) =>
      stage.db.transaction((tx) => startTrial(tx, shop.account, { defaultDays: 30, actor, now }));
    await expect(start(one)).rejects.toThrow(TrialUsed);
    for (const shop of [one, other]) {
      const mine = eq(customers.merchantId, shop.account.merchantId);
      await stage.db.update(customers).set({ vatNumber: 'LU12345613' }).where(mine);
    }
    await expect(start(other)).rejects.toThrow(TrialUsed);
  });
});

describe('two tabs cannot buy twice', () => {
  test('the same choice is the same session, also when both click at once', async () => {
    const shop = await stage.merchant();
    const answers = await Promise.all(Array.from({ length: 5 }, () => stage.checkout(shop)));
    expect(new Set(answers.map((answer) => answer.sessionId)).size).toBe(1);
    expect(await stage.checkout(shop)).toEqual(answers[0]);
  });

  test('so it is from two stores at once, whose addresses differ: what was handed out stays open', async () => {
    for (let turn = 0; turn < 8; turn++) {
      const shop = await stage.merchant();
      const from = async (code: string) => {
        const request = {
          ...(await stage.request(shop)),
          tierCode: 'professional',
          interval: 'month' as const,
        };
        const urls = { success: `http://${code}.test/s`, cancel: `http://${code}.test/c` };
        return startPlanCheckout(stage.db, stage.stripe, { ...request, currency: 'EUR', urls });
      };
      const answers = await Promise.allSettled(['one', 'two', 'one', 'two'].map(from));
      const handed = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.sessionId] : []));
      for (const one of answers)
        if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(DomainError);
      expect(new Set(handed).size).toBe(1);
      expect(await stage.stripe.checkout.sessions.retrieve(handed[0] ?? '')).toMatchObject({
        status: 'open',
      });
    }
  });

  test('another choice expires the first session', async () => {
    const shop = await stage.merchant();
    const first = await stage.checkout(shop, 'professional');
    const second = await stage.checkout(shop, 'business');
    expect(second.sessionId).not.toBe(first.sessionId);
    expect(await stage.stripe.checkout.sessions.retrieve(first.sessionId)).toMatchObject({
      status: 'expired',
    });
    await expect(stage.pay(first.sessionId)).rejects.toThrow();
  });

  test('different choices at once leave at most one session that can be paid', async () => {
    const shop = await stage.merchant();
    const choices = ['essential', 'professional', 'business', 'essential', 'business'];
    await Promise.allSettled(choices.map((tier) => stage.checkout(shop, tier)));
    const [row] = await stage.db
      .select()
      .from(customers)
      .where(eq(customers.merchantId, shop.account.merchantId));
    const sessions = await stage.stripe.checkout.sessions.list({ customer: row?.stripeCustomerId ?? '' });
    expect(sessions.data.filter((session) => session.status === 'open').length).toBeLessThanOrEqual(1);
    const again = await stage.checkout(shop, 'professional');
    await stage.pay(again.sessionId);
    await stage.deliverNew();
    expect((await atStripe(shop)).map((one) => one.status)).toEqual(['active']);
  });

  test('a plan that was bought in the other tab refuses a second one', async () => {
    const shop = await stage.merchant();
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    // No event and no return page has told us yet.
    await expect(stage.checkout(shop, 'business')).rejects.toThrow(/subscription_conflict/);
    await expect(stage.checkout(shop)).rejects.toThrow(/subscription_conflict/);
    await stage.deliverNew();
    expect(await atStripe(shop)).toHaveLength(1);
  });

  test('an answer that got lost on the way leaves no second session behind', async () => {
    const shop = await stage.merchant();
    await stage.checkout(shop, 'essential');
    const [row] = await stage.db
      .select()
      .from(customers)
      .where(eq(customers.merchantId, shop.account.merchantId));
    const lost = await stage.stripe.checkout.sessions.create({
      mode: 'subscription',
      customer: row?.stripeCustomerId ?? '',
      line_items: [{ price: await stage.price('business'), quantity: 1 }],
      success_url: 'http://shop.test',
      metadata: stage.marks(shop.account, 'business'),
      subscription_data: { metadata: stage.marks(shop.account, 'business') },
    });
    await stage.checkout(shop, 'professional');
    expect(await stage.stripe.checkout.sessions.retrieve(lost.id)).toMatchObject({ status: 'expired' });
  });
});

describe('the return page and the webhook, in either order', () => {
  test('the return page first shows the plan; the late events change nothing', async () => {
    const shop = await stage.merchant();
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    expect(await openReturnPage(shop, sessionId)).toMatchObject({ status: 'complete', paid: true });
    expect(await stage.current(shop)).toMatchObject({ status: 'active' });
    expect(await billsOf(shop)).toHaveLength(1);
    const mine = eq(auditLog.merchantId, shop.account.merchantId);
    const before = (await stage.db.select().from(auditLog).where(mine)).length;
    const answers = await stage.deliverNew();
    expect(answers.filter((answer) => answer.status === 'failed')).toEqual([]);
    expect(await stage.db.select().from(auditLog).where(mine)).toHaveLength(before);
    expect(await plansOf(shop)).toHaveLength(1);
  });

  test('both at once make one subscription and one invoice', async () => {
    const shop = await stage.merchant();
    const { sessionId } = await stage.checkout(shop);
    await stage.pay(sessionId);
    const events = await stage.newEvents();
    await Promise.all([
      openReturnPage(shop, sessionId),
      ...events.reverse().map((event) => stage.deliver(event)),
      openReturnPage(shop, sessionId),
    ]);
    expect(await plansOf(shop)).toMatchObject([{ status: 'active', isCurrent: true }]);
    expect(await billsOf(shop)).toMatchObject([{ status: 'paid' }]);
  });

  test("another merchant's session does not exist", async () => {
    const [shop, stranger] = [await stage.merchant(), await stage.merchant()];
    const { sessionId } = await stage.checkout(shop);
    await expect(openReturnPage(stranger, sessionId)).rejects.toThrow(/not_found/);
  });
});

test('Enterprise, an unknown tier and a tier without a price are refused by name', async () => {
  const shop = await stage.merchant();
  await expect(stage.checkout(shop, 'enterprise')).rejects.toThrow(/tier_not_self_service/);
  await expect(stage.checkout(shop, 'nothing')).rejects.toThrow(/tier_not_found/);
  const request = { ...(await stage.request(shop)), tierCode: 'business', interval: 'month' as const };
  await expect(startPlanCheckout(stage.db, stage.stripe, { ...request, currency: 'USD' })).rejects.toThrow(
    /stripe_price_not_configured/,
  );
});

test('an incomplete subscription never ends the running trial, nor when it expires', async () => {
  const shop = await stage.merchant({ trialDays: 30 });
  const customer = await stage.customer(shop.account, 'pm_card_authenticationRequired');
  await stage.stripe.subscriptions.create({
    customer,
    items: [{ price: await stage.price('professional') }],
    payment_behavior: 'default_incomplete',
    metadata: stage.marks(shop.account, 'professional'),
  });
  await stage.deliverNew();
  const rows = await plansOf(shop);
  expect(rows.map((row) => row.status).sort()).toEqual(['incomplete', 'trialing']);
  expect(await stage.current(shop)).toMatchObject({ status: 'trialing', tier: { code: 'essential' } });
  await stage.advance(1);
  await stage.deliverNew();
  expect((await plansOf(shop)).map((row) => row.status).sort()).toEqual(['incomplete_expired', 'trialing']);
  expect(await stage.current(shop)).toMatchObject({ status: 'trialing', tier: { code: 'essential' } });
  expect((await stage.current(shop)).trialEnd?.getTime()).toBeGreaterThan(
    addDays(await stage.now(), 28).getTime(),
  );
});
