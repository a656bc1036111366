import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  checkoutSessions,
  customers,
  invoices,
  stripeDifferences,
  subscriptions,
  webhookEvents,
} from '@/db/schema';
import { fromUnix } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import type { ReconcileOptions } from './compare-all';
import { reconcileStripe } from './reconcile';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const actor = { kind: 'job' as const, id: 'compare_stripe' };
const compareNight = async (options: Partial<ReconcileOptions> = {}) =>
  reconcileStripe(stage.db, stage.stripe, {
    now: await stage.now(),
    livemode: false,
    actor,
    living: true,
    ...options,
  });
const differencesOf = (shop: Shop) =>
  stage.db.select().from(stripeDifferences).where(eq(stripeDifferences.merchantId, shop.account.merchantId));
const openOf = (shop: Shop) =>
  stage.db
    .select()
    .from(stripeDifferences)
    .where(
      and(eq(stripeDifferences.merchantId, shop.account.merchantId), isNull(stripeDifferences.resolvedAt)),
    );
const everything = () =>
  stage.db.execute(sql`select (select jsonb_agg(s order by id) from subscriptions s) s,
    (select jsonb_agg(i order by id) from invoices i) i, (select jsonb_agg(c order by merchant_id) from customers c) c,
    (select count(*) from audit_log) a, (select count(*) from webhook_events) e, (select count(*) from stripe_differences) d`);
/** A minute later nothing is of the same second any more. */
const later = () => stage.advance(1 / 1440);
/** Nobody hears of what happened, nor finds it in Stripe's list of events. */
const forget = async () => {
  const rows = (await stage.newEvents()).map(({ id, type, created }) => ({
    id,
    type,
    status: 'ignored' as const,
    payload: {},
    createdAt: fromUnix(created),
  }));
  if (rows.length > 0) await stage.db.insert(webhookEvents).values(rows).onConflictDoNothing();
};
type Reads = { total: number; by: Record<string, number> };
const readsOf = async (work: () => Promise<unknown>) => {
  await stage.control('/_local/reads/reset', {});
  await work();
  return stage.control<Reads>('/_local/reads');
};

test('a subscription, a bill and a customer that lag are said by a dry run, which writes nothing, then repaired and recorded', async () => {
  const shop = await stage.subscriber('essential');
  const item = (await stage.stripe.subscriptions.retrieve(shop.subscriptionId)).items.data[0];
  const items = [{ id: item?.id ?? '', price: await stage.price('business') }];
  await stage.stripe.subscriptions.update(shop.subscriptionId, {
    items,
    proration_behavior: 'always_invoice',
  });
  await stage.stripe.customers.update(shop.customerId, { name: 'Another Name' });
  await later();
  await forget();
  const before = await everything();
  const dry = await compareNight({ dryRun: true });
  const entities = ['customer', 'subscription', 'invoice'];
  expect(dry.differences.map((one) => one.entity)).toEqual(expect.arrayContaining(entities));
  expect(await everything()).toEqual(before);

  const done: number[] = [];
  const report = await compareNight({ onProgress: (count) => done.push(count) });
  expect(report).toMatchObject({ ambiguous: 0, failed: [], missedEvents: 0, merchants: 1 });
  expect(done).toEqual([1]);
  expect(report.differences.every((one) => one.repaired && one.kind === 'lagged')).toBe(true);
  expect(report.differences.map((one) => one.entity)).toEqual(expect.arrayContaining(entities));
  expect(await stage.current(shop)).toMatchObject({ tier: { code: 'business' } });
  const [customer] = await stage.db
    .select()
    .from(customers)
    .where(eq(customers.merchantId, shop.account.merchantId));
  expect(customer?.name).toBe('Another Name');
  const kept = await differencesOf(shop);
  expect(kept.map((row) => row.entity)).toEqual(expect.arrayContaining(entities));
  expect(kept.every((row) => row.resolution === 'repaired')).toBe(true);
  await later();
  expect(await compareNight()).toMatchObject({ repaired: 0, ambiguous: 0, differences: [] });
});

test('a plan that ended and a checkout that was paid, both unheard, are no longer on the lists and are fetched', async () => {
  const shop = await stage.subscriber('essential');
  const buyer = await stage.merchant();
  const { sessionId } = await stage.checkout(buyer);
  await stage.pay(sessionId);
  await stage.stripe.subscriptions.cancel(shop.subscriptionId);
  await later();
  await forget();
  await compareNight();
  const [row] = await stage.db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, shop.subscriptionId));
  expect(row?.status).toBe('canceled');
  const [session] = await stage.db
    .select()
    .from(checkoutSessions)
    .where(eq(checkoutSessions.stripeSessionId, sessionId));
  expect(session?.status).toBe('complete');
  expect(await stage.current(buyer)).toMatchObject({ status: 'active' });
});

test('what Stripe does not know and two live plans are listed once, and closed when gone', async () => {
  const shop = await stage.subscriber();
  await stage.card(shop.customerId, 'pm_card_visa');
  await stage.stripe.subscriptions.create({
    customer: shop.customerId,
    items: [{ price: await stage.price('business') }],
    metadata: stage.marks(shop.account, 'business'),
  });
  const [bill] = await stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId));
  if (!bill) throw new Error('no invoice');
  const stray = { id: 'inv_night', stripeInvoiceId: 'in_night', status: 'open' as const };
  await stage.db.insert(invoices).values({ ...bill, ...stray });
  await later();
  expect(await compareNight()).toMatchObject({ ambiguous: 2 });
  expect(await compareNight()).toMatchObject({ ambiguous: 2 });
  const open = await openOf(shop);
  expect(open.map((one) => `${one.entity} ${one.kind}`).sort()).toEqual([
    'account two_live_subscriptions',
    'invoice missing_at_stripe',
  ]);
  await stage.db.delete(invoices).where(eq(invoices.id, stray.id));
  await stage.stripe.subscriptions.cancel(shop.subscriptionId);
  await later();
  expect(await compareNight()).toMatchObject({ ambiguous: 0 });
  expect(await openOf(shop)).toEqual([]);
  expect((await differencesOf(shop)).filter((one) => one.resolution === 'gone')).toHaveLength(2);
});

test('a merchant that cannot be compared is named, and the others are', async () => {
  const bad = await stage.subscriber();
  const lagging = await stage.subscriber('essential');
  await stage.stripe.subscriptions.update(lagging.subscriptionId, { cancel_at_period_end: true });
  await later();
  await forget();
  const lists = new Proxy(stage.stripe.subscriptions, {
    get(target, name) {
      if (name !== 'list') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return async (params: object) => {
        const page = await target.list(params);
        for (const one of page.data) if (one.id === bad.subscriptionId) Object.assign(one, { items: null });
        return page;
      };
    },
  });
  const stripe = new Proxy(stage.stripe, {
    get: (target, name) => (name === 'subscriptions' ? lists : Reflect.get(target, name)),
  });
  const options = { now: await stage.now(), livemode: false, actor, living: true };
  const report = await reconcileStripe(stage.db, stripe, options);
  expect(report.failed).toEqual([bad.account.merchantId]);
  expect(await stage.current(lagging)).toMatchObject({ cancelAtPeriodEnd: true });
});

test('one merchant by hand asks for its customer once', async () => {
  const shop = await stage.subscriber();
  const reads = await readsOf(() => compareNight({ merchantId: shop.account.merchantId, living: false }));
  expect(reads.by['GET /v1/customers/:id']).toBe(1);
});

test('a night of 30 merchants and a page of strangers costs far less than two reads a merchant; the second page is read too', async () => {
  for (let i = 0; i < 30; i++) {
    const shop = await stage.merchant();
    const customer = await stage.customer(shop.account);
    await stage.stripe.subscriptions.create({
      customer,
      items: [{ price: await stage.price('professional') }],
      metadata: stage.marks(shop.account, 'professional'),
    });
  }
  await stage.deliverNew();
  // Newer than ours, of somebody else who sells in the same account: ours are on the second page.
  const stranger = await stage.customer({ merchantId: 'nobody', platformId: 'none' });
  const items = [{ price: await stage.price('essential') }];
  for (let i = 0; i < 100; i++) await stage.stripe.subscriptions.create({ customer: stranger, items });
  await later();
  await forget();
  await compareNight(); // names and cards that no event told of
  await later();
  let merchants = 0;
  const { total, by } = await readsOf(async () => {
    const report = await compareNight();
    expect(report).toMatchObject({ repaired: 0, ambiguous: 0, failed: [] });
    merchants = report.merchants;
  });
  const events = by['GET /v1/events'] ?? 0;
  process.stdout.write(
    `compare_stripe: ${merchants} merchants, ${total} reads, ${events} of them of events = ${(total / merchants).toFixed(2)} a merchant; ${JSON.stringify(by)}\n`,
  );
  expect(merchants).toBeGreaterThanOrEqual(30);
  expect(merchants).toBeLessThan(45);
  expect(by['GET /v1/subscriptions']).toBe(2);
  expect(by['GET /v1/subscriptions/:id']).toBeUndefined();
  expect(total / merchants).toBeLessThanOrEqual(2);

  const [oldest] = await stage.db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.status, 'active'))
    .orderBy(subscriptions.createdAt)
    .limit(1);
  await stage.stripe.subscriptions.update(oldest?.stripeSubscriptionId ?? '', { cancel_at_period_end: true });
  await later();
  await forget();
  expect(await compareNight()).toMatchObject({ repaired: 1 });
}, 120_000);

test('a cheaper plan that waits stays as it is, by the list alone where the catalogue knows its price, else by a fetch', async () => {
  const shop = await stage.subscriber('business');
  const schedule = await stage.stripe.subscriptionSchedules.create({
    from_subscription: shop.subscriptionId,
  });
  const [phase] = schedule.phases;
  const waits = async (price: string) =>
    stage.stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        {
          start_date: phase?.start_date,
          end_date: phase?.end_date,
          items: [{ price: await stage.price('business'), quantity: 1 }],
        },
        { items: [{ price, quantity: 1 }] },
      ],
    });
  const price = await stage.price('essential');
  await waits(price);
  await later();
  await stage.deliverNew();
  await later();
  expect((await stage.current(shop)).pendingTierId).not.toBeNull();
  const listed = await readsOf(async () => {
    expect(await compareNight()).toMatchObject({ repaired: 0, ambiguous: 0 });
  });
  expect(listed.by['GET /v1/subscriptions/:id']).toBeUndefined();

  const { product } = await stage.stripe.prices.retrieve(price);
  const own = await stage.stripe.prices.create({
    product: String(product),
    currency: 'eur',
    unit_amount: 777,
    recurring: { interval: 'month' },
  });
  await waits(own.id);
  await later();
  await forget();
  const fetched = await readsOf(compareNight);
  expect(fetched.by['GET /v1/subscriptions/:id']).toBe(1);
  expect(await stage.current(shop)).toMatchObject({ pendingUnitAmount: 777 });
});

test('what waits for a person of something that ended is not closed by not being on a list', async () => {
  const shop = await stage.subscriber();
  await stage.card(shop.customerId, 'pm_card_visa');
  const foreign = await stage.stripe.products.create({ name: 'Not ours' });
  const price = await stage.stripe.prices.create({
    product: foreign.id,
    currency: 'eur',
    unit_amount: 500,
    recurring: { interval: 'month' },
  });
  const { id } = await stage.stripe.subscriptions.create({
    customer: shop.customerId,
    items: [{ price: price.id }],
  });
  await later();
  await forget();
  expect(await compareNight()).toMatchObject({ ambiguous: 2 });
  await stage.stripe.subscriptions.cancel(id);
  await later();
  await forget();
  await compareNight();
  const open = await openOf(shop);
  expect(open.map((one) => `${one.entity} ${one.kind}`).sort()).toEqual([
    'invoice unmapped_price',
    'subscription unmapped_price',
  ]);
});
