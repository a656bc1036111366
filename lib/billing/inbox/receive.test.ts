import { createHmac } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, invoices, subscriptions, webhookEvents } from '@/db/schema';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { getBalance } from '@/lib/billing/account/wallet';
import { openStage, type Stage } from '@/testing/stage';
import { getEvent, listEvents, replayEvent, setEventAside } from './console';
import { retryDueEvents } from './retry';
import { InvalidSignature, verifySignature } from './signature';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function buyProfessional() {
  const { account } = await stage.merchant({ trialDays: 0 });
  const customer = await stage.customer(account);
  const subscription = await stage.stripe.subscriptions.create({
    customer,
    items: [{ price: await stage.price('professional') }],
    metadata: stage.marks(account, 'professional'),
  });
  return { account, customer, subscription };
}

describe('an event is taken in', () => {
  test('a bought plan becomes the current subscription, with its invoice and audit rows', async () => {
    const { account, subscription } = await buyProfessional();
    const answers = await stage.deliverNew();
    expect(answers.filter((answer) => answer.status === 'failed')).toEqual([]);
    const current = await findCurrentSubscription(stage.db, account);
    expect(current).toMatchObject({
      status: 'active',
      stripeSubscriptionId: subscription.id,
      interval: 'month',
      unitAmount: 9900,
      mrrCents: 9900,
      tier: { code: 'professional' },
    });
    const bills = await stage.db.select().from(invoices).where(eq(invoices.merchantId, account.merchantId));
    expect(bills).toHaveLength(1);
    expect(bills[0]).toMatchObject({ status: 'paid', subtotal: 9900, kind: 'plan' });
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.merchantId, account.merchantId));
    expect(trail.map((row) => row.action)).toContain('subscription.created');
    expect(trail.every((row) => row.actorKind === 'stripe' && row.actorId.startsWith('evt_'))).toBe(true);
  });

  test('a duplicate changes nothing', async () => {
    const { account } = await buyProfessional();
    const events = await stage.newEvents();
    for (const event of events) await stage.deliver(event);
    const before = await stage.db.select().from(auditLog).where(eq(auditLog.merchantId, account.merchantId));
    for (const event of events) await stage.deliver(event);
    await Promise.all(events.map((event) => stage.deliver(event)));
    const after = await stage.db.select().from(auditLog).where(eq(auditLog.merchantId, account.merchantId));
    expect(after).toHaveLength(before.length);
  });

  test('the same event twenty times at once is applied once', async () => {
    const { account } = await buyProfessional();
    const events = await stage.newEvents();
    const created = events.find((event) => event.type === 'customer.subscription.created');
    await Promise.all(Array.from({ length: 20 }, () => stage.deliver(created)));
    const rows = await stage.db
      .select()
      .from(subscriptions)
      .where(eq(subscriptions.merchantId, account.merchantId));
    expect(rows).toHaveLength(1);
    const stored = await stage.db
      .select()
      .from(webhookEvents)
      .where(eq(webhookEvents.id, created?.id ?? ''));
    expect(stored).toMatchObject([{ status: 'processed' }]);
  });

  test('what cannot be read is kept as failed, and keeps nobody else from being retried', async () => {
    const event = { object: 'event', created: 1_795_000_000, livemode: false };
    const session = { id: 'cs_odd', object: 'checkout.session' };
    const odd = { ...event, id: 'evt_odd', type: 'checkout.session.completed', data: { object: session } };
    expect(await stage.deliver(odd)).toMatchObject({ status: 'failed' });
    expect(await stage.deliver(odd)).toMatchObject({ status: 'failed' });
    const stripe = stage.stripe;
    const tried = await retryDueEvents(
      stage.db,
      { stripe, livemode: false, now: new Date() },
      new Date(Date.now() + 86_400_000),
    );
    expect(tried.failed).toBeGreaterThan(0);
    await stage.db.delete(webhookEvents).where(eq(webhookEvents.id, 'evt_odd'));
  });

  test('a NUL in a text is stored as a mark, and a time that is none is no event', async () => {
    const object = { id: 'cus_nobody', object: 'customer', name: 'a\u0000b' };
    const event = {
      id: 'evt_nul',
      object: 'event',
      type: 'nothing.known',
      livemode: false,
      data: { object },
    };
    expect(await stage.deliver({ ...event, created: 1_795_000_000 })).toMatchObject({ status: 'ignored' });
    for (const created of ['soon', 1e18]) {
      await expect(stage.deliver({ ...event, id: 'evt_when', created })).rejects.toMatchObject({
        kind: 'invalid',
      });
    }
  });

  test('a customer of another app is ignored with the reason, and no row is touched', async () => {
    const customer = await stage.stripe.customers.create({ email: 'stranger@example.test' });
    const method = await stage.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stage.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: method.id,
      items: [{ price: await stage.price('essential') }],
    });
    const answers = await stage.deliverNew();
    expect(
      new Set(
        answers.filter((answer) => answer.type.startsWith('customer.subscription')).map((a) => a.status),
      ),
    ).toEqual(new Set(['ignored']));
    const rows = await stage.db
      .select()
      .from(webhookEvents)
      .where(eq(webhookEvents.stripeCustomerId, customer.id));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row.errorCode !== null)).toBe(true);
  });

  test.each([
    ['the other livemode', { livemode: true }, 'other_livemode'],
    ['a connected account', { account: 'acct_1' }, 'connected_account'],
    [
      'a thin event',
      { object: 'v2.core.event', created: '2026-11-21T00:00:00Z', data: undefined },
      'thin_event',
    ],
    ['an unknown type', { type: 'terminal.reader.action_failed' }, 'unknown_type'],
  ])('%s is ignored', async (_name, change, code) => {
    const id = `evt_other_${code}`;
    const event = {
      id,
      object: 'event',
      type: 'customer.updated',
      created: 1,
      livemode: false,
      data: { object: { id: 'cus_x' } },
      ...change,
    };
    expect(await stage.deliver(event)).toEqual({ id, status: 'ignored' });
    const [row] = await stage.db.select().from(webhookEvents).where(eq(webhookEvents.id, id));
    expect(row?.errorCode).toBe(code);
  });

  test('one that fails or is ignored is still its merchant’s: by the customer, else by our marks', async () => {
    const { account } = await stage.merchant();
    const customer = await stage.customer(account);
    await stage.deliverNew();
    const { merchantId } = account;
    const event = { object: 'event', created: 1_795_000_000, livemode: false };
    const cases = [
      // Not readable as what its type says, so that it fails.
      ['failed', 'customer.subscription.updated', { id: 'sub_odd', object: 'subscription', customer }],
      ['failed', 'checkout.session.completed', { id: 'cs_odd', metadata: { merchant: merchantId } }],
      ['ignored', 'nothing.known', { id: 'x_1', customer, metadata: { merchant: 'mer_nobody' } }],
      ['ignored', 'invoice.upcoming', { object: 'invoice', customer }],
    ] as const;
    const ids = cases.map((_, index) => `evt_whose_${merchantId}_${index}`);
    for (const [index, [status, type, object]] of cases.entries()) {
      const answer = await stage.deliver({ ...event, id: ids[index], type, data: { object } });
      expect(answer.status, type).toBe(status);
    }
    const nobody = { id: 'x_2', customer: 'cus_nobody', metadata: { merchant: 'mer_nobody' } };
    await stage.deliver({ ...event, id: 'evt_nobodys', type: 'nothing.known', data: { object: nobody } });
    const listed = await listEvents(stage.db, { merchantId, limit: 20 });
    expect(listed.map((row) => row.id)).toEqual(expect.arrayContaining(ids));
    expect((await getEvent(stage.db, 'evt_nobodys')).merchantId).toBeNull();

    const [first = '', second = ''] = ids;
    const now = await stage.now();
    const admin = { kind: 'user', id: 'usr_whose' } as const;
    // Stored before its customer was known: told when it is tried again.
    await stage.db.update(webhookEvents).set({ merchantId: null }).where(eq(webhookEvents.id, first));
    await replayEvent(stage.db, { stripe: stage.stripe, livemode: false, now }, first, admin);
    expect((await getEvent(stage.db, first)).merchantId).toBe(merchantId);
    await setEventAside(stage.db, second, 'an old session', admin, now);
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.actorId, 'usr_whose'));
    expect(trail.map((row) => [row.action, row.merchantId]).sort()).toEqual([
      ['event.ignored', merchantId],
      ['event.replayed', merchantId],
    ]);
    await stage.db.delete(webhookEvents).where(eq(webhookEvents.id, first));
  });

  test('an unmapped price waits as failed with the reason, and goes through once mapped', async () => {
    const { account } = await stage.merchant();
    const customer = await stage.customer(account);
    const product = await stage.stripe.products.create({ name: 'Unknown' });
    const price = await stage.stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: 1234,
      recurring: { interval: 'month' },
    });
    await stage.stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      metadata: stage.marks(account, 'essential'),
    });
    const answers = await stage.deliverNew();
    const failed = answers.filter((answer) => answer.type === 'customer.subscription.created');
    expect(failed).toMatchObject([{ status: 'failed' }]);
    const [row] = await stage.db
      .select()
      .from(webhookEvents)
      .where(eq(webhookEvents.id, failed[0]?.id ?? ''));
    expect(row?.errorCode).toBe('unmapped_price');
    expect(row?.errorDetails).toMatchObject({ prices: [price.id] });
    expect(await findCurrentSubscription(stage.db, account)).toBeNull();
    const { tierPrices } = await import('@/db/schema');
    await stage.db.insert(tierPrices).values({
      id: 'tpr_mapped',
      tierId: 'tier_market_essential',
      currency: 'EUR',
      interval: 'month',
      unitAmount: 1234,
      stripePriceId: price.id,
      archivedAt: new Date(),
    });
    const { processStored } = await import('./process');
    const deps = { stripe: stage.stripe, livemode: false, now: await stage.now() };
    expect(await processStored(stage.db, deps, row?.id ?? '')).toMatchObject({ status: 'processed' });
    expect(await findCurrentSubscription(stage.db, account)).toMatchObject({
      status: 'active',
      unitAmount: 1234,
    });
  });
});

describe('the signature', () => {
  const secret = 'whsec_test';
  const body = '{"id":"evt_1"}';
  const now = new Date(1_800_000_000_000);
  const sign = (time: number, key = secret) =>
    createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
  const time = 1_800_000_000;

  test('a good one passes, also as one of several v1 and with either of two secrets', () => {
    verifySignature(body, `t=${time},v1=${sign(time)}`, [secret], now);
    verifySignature(body, `t=${time},v1=${sign(time, 'old')},v1=${sign(time)}`, [secret], now);
    verifySignature(body, `t=${time},v1=${sign(time, 'old')}`, [secret, 'old'], now);
  });

  test.each([
    ['missing', null],
    ['without a time', `v1=${sign(time)}`],
    ['of another secret', `t=${time},v1=${sign(time, 'other')}`],
    ['only v0', `t=${time},v0=${sign(time)}`],
    ['too old', `t=${time - 301},v1=${sign(time - 301)}`],
    ['garbage', 'garbage'],
    ['not of ASCII', `t=${time},v1=${'é'.repeat(64)}`],
  ])('one that is %s is refused', (_name, header) => {
    expect(() => verifySignature(body, header, [secret], now)).toThrow(InvalidSignature);
  });
});

describe('the short way of a small change', () => {
  const word = (subscription: object, created: number, comment: string) => ({
    id: `evt_${comment}`,
    object: 'event',
    type: 'customer.subscription.updated',
    created,
    livemode: false,
    data: { object: { ...subscription, cancellation_details: { comment, feedback: null, reason: null } } },
  });

  test('many at once end with the newest, each is audited or asked about, none is lost', async () => {
    const { account, subscription } = await buyProfessional();
    await stage.deliverNew();
    const from = Math.floor((await stage.now()).getTime() / 1000) + 10;
    const whole = await stage.stripe.subscriptions.retrieve(subscription.id);
    const latest = await stage.stripe.subscriptions.update(subscription.id, {
      cancellation_details: { comment: 'word-20' },
    });
    expect(latest.id).toBe(whole.id);
    // By then all of them have happened: whoever asks Stripe is told nothing older than any of them.
    await stage.advance(0.01);
    await stage.newEvents();
    const events = Array.from({ length: 20 }, (_none, i) => word(latest, from + i + 1, `word-${i + 1}`));
    const answers = await Promise.all([...events, ...events].reverse().map((event) => stage.deliver(event)));
    expect(answers.every((answer) => answer.status === 'processed')).toBe(true);
    expect(await findCurrentSubscription(stage.db, account)).toMatchObject({ cancelReason: 'word-20' });
    const stored = await stage.db
      .select()
      .from(webhookEvents)
      .where(eq(webhookEvents.objectId, subscription.id));
    expect(stored.filter((row) => row.id.startsWith('evt_word-'))).toHaveLength(20);
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.merchantId, account.merchantId));
    const last = trail.filter((row) => JSON.stringify(row.after).includes('word-20'));
    expect(last).toHaveLength(1);
  });

  test('what reaches further takes the long way: a change of plan moves revenue and credits', async () => {
    const { account, subscription } = await buyProfessional();
    await stage.deliverNew();
    await stage.stripe.subscriptions.update(subscription.id, {
      items: [{ id: subscription.items.data[0]?.id, price: await stage.price('business') }],
    });
    await stage.advance(0.1);
    await stage.deliverNew();
    expect(await findCurrentSubscription(stage.db, account)).toMatchObject({
      tier: { code: 'business' },
      mrrCents: 19_900,
    });
    expect(await getBalance(stage.db, account)).toMatchObject({ monthly: 500 });
  });
});
