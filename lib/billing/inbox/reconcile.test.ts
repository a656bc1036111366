import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  auditLog,
  checkoutSessions,
  invoices,
  stripeDifferences,
  subscriptions,
  webhookEvents,
} from '@/db/schema';
import { getBalance } from '@/lib/billing/account/wallet';
import { cleanUpStale } from '@/lib/billing/subscriptions/cleanup';
import { addDays } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import type { ReconcileOptions } from './compare-all';
import { reconcileStripe } from './reconcile';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const actor = { kind: 'job' as const, id: 'sync_stripe_status' };
const reconcile = async (options: Partial<ReconcileOptions> = {}) =>
  reconcileStripe(stage.db, stage.stripe, { now: await stage.now(), livemode: false, actor, ...options });
const everything = () =>
  stage.db.execute(sql`select (select jsonb_agg(s order by id) from subscriptions s) s,
    (select jsonb_agg(i order by id) from invoices i) i, (select count(*) from audit_log) a,
    (select count(*) from webhook_events) e, (select count(*) from stripe_differences) d`);
const openDifferences = (shop: Shop) =>
  stage.db
    .select()
    .from(stripeDifferences)
    .where(
      and(eq(stripeDifferences.merchantId, shop.account.merchantId), isNull(stripeDifferences.resolvedAt)),
    );

describe('sync_stripe_status', () => {
  test('finds nothing where all is told', async () => {
    const shop = await stage.subscriber();
    const report = await reconcile();
    expect(report).toMatchObject({ missedEvents: 0, repaired: 0, ambiguous: 0, differences: [] });
    expect(await openDifferences(shop)).toEqual([]);
  });

  test('a dry run says what lags and writes nothing; the run repairs and records it; then all is well', async () => {
    const shop = await stage.subscriber('essential');
    const { merchantId } = shop.account;
    await stage.stripe.subscriptions.update(shop.subscriptionId, {
      items: [
        {
          id: (await stage.stripe.subscriptions.retrieve(shop.subscriptionId)).items.data[0]?.id,
          price: await stage.price('business'),
        },
      ],
      proration_behavior: 'always_invoice',
    });
    await stage.newEvents(); // nobody delivers them
    const before = await everything();
    const dry = await reconcile({ merchantId, dryRun: true });
    expect(dry.repaired).toBeGreaterThanOrEqual(2);
    expect(await everything()).toEqual(before);
    const done: number[] = [];
    const report = await reconcile({ merchantId, onProgress: (count) => done.push(count) });
    expect(done).toEqual([1]);
    expect(report.differences.map((one) => one.entity)).toEqual(
      expect.arrayContaining(['subscription', 'invoice']),
    );
    expect(report.differences.every((one) => one.repaired && one.kind === 'lagged')).toBe(true);
    expect(await stage.current(shop)).toMatchObject({ tier: { code: 'business' } });
    const kept = await stage.db
      .select()
      .from(stripeDifferences)
      .where(eq(stripeDifferences.merchantId, merchantId));
    expect(kept.every((row) => row.resolution === 'repaired')).toBe(true);
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.merchantId, merchantId));
    expect(trail.some((row) => row.actorId === 'sync_stripe_status')).toBe(true);
    expect(await reconcile({ merchantId })).toMatchObject({ repaired: 0, ambiguous: 0 });
  });

  test('events that never came are taken in from the list of Stripe', async () => {
    const shop = await stage.subscriber();
    const session = await stage.buyCredits(shop, 'credits_100');
    const lost = await stage.newEvents();
    const report = await reconcile();
    expect(report.missedEvents).toBeGreaterThan(0);
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 100 });
    for (const event of lost) await stage.deliver(event);
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 100 });
    expect(session).toMatch(/^cs_/);
    expect((await reconcile()).missedEvents).toBe(0);
  });

  test('a paid session is brought in though its event is long forgotten', async () => {
    const shop = await stage.subscriber();
    await stage.buyCredits(shop, 'credits_500');
    await stage.newEvents();
    await reconcile({ merchantId: shop.account.merchantId });
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 500 });
  });

  test('two live plans, and one that Stripe does not know, are listed for a person, once, with both sides', async () => {
    const shop = await stage.subscriber();
    await stage.card(shop.customerId, 'pm_card_visa');
    const items = [{ price: await stage.price('business') }];
    const metadata = stage.marks(shop.account, 'business');
    await stage.stripe.subscriptions.create({ customer: shop.customerId, items, metadata });
    const stray = 'in_unknown';
    const [bill] = await stage.db
      .select()
      .from(invoices)
      .where(eq(invoices.merchantId, shop.account.merchantId));
    if (!bill) throw new Error('no invoice');
    await stage.db
      .insert(invoices)
      .values({ ...bill, id: 'inv_stray', stripeInvoiceId: stray, status: 'open' });
    const first = await reconcile({ merchantId: shop.account.merchantId });
    expect(first.ambiguous).toBe(2);
    await reconcile({ merchantId: shop.account.merchantId });
    const open = await openDifferences(shop);
    expect(open.map((one) => one.kind).sort()).toEqual(['missing_at_stripe', 'two_live_subscriptions']);
    await stage.db.delete(invoices).where(eq(invoices.stripeInvoiceId, stray));
    await stage.stripe.subscriptions.cancel(shop.subscriptionId);
    await reconcile({ merchantId: shop.account.merchantId });
    expect(await openDifferences(shop)).toEqual([]);
    expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'business' } });
    await stage.deliverNew();
  });

  test('two runs at once list what they find once', async () => {
    const shop = await stage.subscriber();
    const [bill] = await stage.db
      .select()
      .from(invoices)
      .where(eq(invoices.merchantId, shop.account.merchantId));
    if (!bill) throw new Error('no invoice');
    const stray = { id: 'inv_twice', stripeInvoiceId: 'in_twice', status: 'open' as const };
    await stage.db.insert(invoices).values({ ...bill, ...stray });
    const { merchantId } = shop.account;
    const runs = await Promise.all(Array.from({ length: 6 }, () => reconcile({ merchantId })));
    expect(runs.map((run) => run.ambiguous)).toEqual(Array(6).fill(1));
    expect(await openDifferences(shop)).toMatchObject([{ kind: 'missing_at_stripe' }]);
    await stage.db.delete(invoices).where(eq(invoices.id, stray.id));
    await reconcile({ merchantId });
  });

  test('a merchant that cannot be compared is named, and the others are', async () => {
    const bad = await stage.subscriber();
    const lagging = await stage.subscriber('essential');
    await stage.stripe.subscriptions.update(lagging.subscriptionId, { cancel_at_period_end: true });
    await stage.newEvents(); // nobody delivers them
    // What the mirror of a subscription cannot read, the list of one customer's shows here.
    const subscriptions = new Proxy(stage.stripe.subscriptions, {
      get(target, name) {
        if (name !== 'list') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
        return (params: { customer: string }) => {
          if (params.customer === bad.customerId) throw new Error('a shape nobody knows');
          return target.list(params);
        };
      },
    });
    const stripe = new Proxy(stage.stripe, {
      get: (target, name) => (name === 'subscriptions' ? subscriptions : Reflect.get(target, name)),
    });
    const options = { now: await stage.now(), livemode: false, actor };
    const report = await reconcileStripe(stage.db, stripe, options);
    expect(report.failed).toEqual([bad.account.merchantId]);
    expect(await stage.current(lagging)).toMatchObject({ cancelAtPeriodEnd: true });
    const alone = reconcileStripe(stage.db, stripe, { ...options, merchantId: bad.account.merchantId });
    await expect(alone).rejects.toThrow('a shape nobody knows');
  });

  test('an event of an object that is gone at Stripe is ignored, not retried for ever', async () => {
    const shop = await stage.subscriber();
    const [bill] = await stage.db
      .select()
      .from(invoices)
      .where(eq(invoices.merchantId, shop.account.merchantId));
    const data = await stage.stripe.invoices.retrieve(bill?.stripeInvoiceId ?? '');
    const object = { ...data, id: 'in_gone', status: 'open', attempt_count: 1 };
    const event = {
      id: 'evt_gone',
      object: 'event',
      type: 'invoice.updated',
      livemode: false,
      data: { object },
    };
    expect(await stage.deliver({ ...event, created: data.created })).toMatchObject({ status: 'ignored' });
    const [row] = await stage.db.select().from(webhookEvents).where(eq(webhookEvents.id, 'evt_gone'));
    expect(row?.errorCode).toBe('gone_at_stripe');
  });
});

test('cleaning up closes old attempts and prunes what ended long ago without a bill; twice does it once', async () => {
  const shop = await stage.subscriber();
  const { sessionId } = await stage.checkout(await stage.merchant());
  const now = await stage.now();
  const [row] = await stage.db.select().from(subscriptions).where(eq(subscriptions.isCurrent, true)).limit(1);
  if (!row) throw new Error('no subscription');
  const old = {
    ...row,
    ...shop.account,
    isCurrent: false,
    status: 'expired' as const,
    stripeSubscriptionId: null,
  };
  await stage.db.insert(subscriptions).values({ ...old, id: 'sub_old', endedAt: addDays(now, -800) });
  await stage.db.insert(subscriptions).values({ ...old, id: 'sub_young', endedAt: addDays(now, -100) });
  expect(await cleanUpStale(stage.db, addDays(now, 2))).toMatchObject({ pruned: 1 });
  expect(await cleanUpStale(stage.db, addDays(now, 2))).toEqual({ closed: 0, pruned: 0 });
  const [session] = await stage.db
    .select()
    .from(checkoutSessions)
    .where(eq(checkoutSessions.stripeSessionId, sessionId));
  expect(session?.status).toBe('expired');
  const pruned = await stage.db.select().from(auditLog).where(eq(auditLog.entityId, 'sub_old'));
  expect(pruned).toMatchObject([{ action: 'subscription.pruned' }]);
});
