import { eq, inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  auditLog,
  customers,
  emails,
  invitations,
  invoices,
  memberships,
  merchants,
  stores,
  stripeDifferences,
  subscriptions,
  users,
  webhookEvents,
} from '@/db/schema';
import { features } from '@/lib/features';
import { findInvitation, inviteMember } from '@/lib/tenancy/invitations';
import { closeMerchant } from './close-merchant';
import { adjustCredits } from './credits';
import { MerchantClosed, PaymentsNotConfigured } from './errors';
import { overrideInput, saveOverrides } from './overrides';
import { erasePersonalData } from './personal-data';
import { setSubscription } from './subscription-admin';
import { openStage, type Stage } from './testing';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const actor = { kind: 'user' as const, id: 'usr_admin' };
const reason = 'Asked to leave';

/** All that an admin can give a merchant; each is refused once it is closed. */
function gifts(account: { merchantId: string; platformId: string }, now: Date) {
  const given = { actor, now };
  return [
    () => setSubscription(stage.db, () => stage.stripe, account, { tier_code: 'business', reason }, given),
    () => adjustCredits(stage.db, account, { amount: 5, reason, key: 'gift', ...given }),
    () =>
      saveOverrides(
        stage.db,
        account,
        [overrideInput.parse({ feature_code: 'max_products', limit_value: 3, reason })],
        features,
        given,
      ),
  ];
}

/** All that is kept beside the merchant's own rows, the trail and the invoices. */
async function stored(): Promise<string> {
  const { db } = stage;
  return JSON.stringify([
    await db.select().from(webhookEvents),
    await db.select().from(emails),
    await db.select().from(stripeDifferences),
  ]);
}

test('it ends at Stripe, its people are erased, links to join are dead; invoices and the trail stay', async () => {
  const { db, stripe } = stage;
  const shop = await stage.subscriber('business');
  const { merchantId } = shop.account;
  const now = await stage.now();
  const { token } = await inviteMember(
    db,
    { ...shop.account, storeId: shop.storeId },
    { email: 'new@person.test' },
    { actor: { kind: 'system', id: 'test' }, now },
  );
  const bills = await db.select().from(invoices).where(eq(invoices.merchantId, merchantId));
  expect(bills).toHaveLength(1);
  const customer = (await db.select().from(customers).where(eq(customers.merchantId, merchantId)))[0];

  const who = customer?.email ?? '';
  expect(await stored()).toContain(who);

  await closeMerchant(db, stripe, { merchantId, reason, actor, now });
  const asked = sql`select run_at from graphile_worker.jobs where task_identifier = 'erase_personal_data'`;
  expect(await db.execute(asked)).toHaveLength(3);
  await db.update(emails).set({ createdAt: sql`now() - interval '25 hours'` });
  expect(await erasePersonalData(db, merchantId, { now })).toMatchObject({ emails: 2 });
  expect(await stored()).not.toContain(who);
  // What Stripe says of it afterwards tells who it was once more, until the next round.
  await stage.deliverNew();
  expect(await stored()).toContain(who);
  expect((await erasePersonalData(db, merchantId, { now })).events).toBeGreaterThan(0);
  expect(await stored()).not.toContain(who);
  expect(await erasePersonalData(db, merchantId, { now })).toEqual({ events: 0, emails: 0, differences: 0 });

  expect((await stripe.subscriptions.retrieve(shop.subscriptionId)).status).toBe('canceled');
  expect(await stripe.customers.retrieve(customer?.stripeCustomerId ?? '')).toMatchObject({ deleted: true });
  expect(await stage.current(shop)).toMatchObject({ status: 'canceled', mrrCents: 0 });
  expect(await findInvitation(db, token, now)).toBeNull();
  const shops = await db.select().from(stores).where(eq(stores.merchantId, merchantId));
  expect(shops.map(({ name }) => name)).toEqual(['Closed store']);
  for (const [table, words] of [
    [invitations, 'person.test'],
    [users, customer?.email],
    [customers, customer?.email],
    [merchants, customer?.email],
  ] as const)
    expect(JSON.stringify(await db.select().from(table)), 'personal data').not.toContain(words);
  expect(await db.select().from(invoices).where(eq(invoices.merchantId, merchantId))).toEqual(bills);
  const trail = await db.select().from(auditLog).where(eq(auditLog.merchantId, merchantId));
  expect(trail.filter(({ action }) => action === 'merchant.closed')).toMatchObject([{ reason }]);

  await expect(closeMerchant(db, stripe, { merchantId, reason, actor, now })).rejects.toThrow(MerchantClosed);
  for (const give of gifts(shop.account, now)) await expect(give()).rejects.toThrow(MerchantClosed);
});

test('who works here, or owns another merchant, leaves the team and stays who they are (bug: an admin was erased)', async () => {
  const { db } = stage;
  const [one, other] = [await stage.merchant(), await stage.merchant()];
  const { merchantId } = one.account;
  const person = async (id: string, staffRole: 'admin' | null) => {
    const row = { id, email: `${id}@people.test`, name: id, passwordHash: 'kept', staffRole };
    await db.insert(users).values(row);
    await db.insert(memberships).values({ merchantId, userId: id, role: 'member', storeId: one.storeId });
    return row;
  };
  const staff = await person('usr_works_here', 'admin');
  const elsewhere = await person('usr_elsewhere', null);
  const ofOther = { merchantId: other.account.merchantId, storeId: other.storeId };
  await db.insert(memberships).values({ ...ofOther, userId: elsewhere.id, role: 'member' });
  const gone = await person('usr_only_here', null);
  await closeMerchant(db, null, { merchantId, reason, actor, now: await stage.now() });
  const after = await db
    .select()
    .from(users)
    .where(inArray(users.id, [staff.id, elsewhere.id, gone.id]))
    .orderBy(users.email);
  expect(after).toMatchObject([
    { id: gone.id, passwordHash: null, name: 'Closed account' },
    { ...elsewhere, disabledAt: null },
    { ...staff, disabledAt: null },
  ]);
  expect(await db.select().from(memberships).where(eq(memberships.merchantId, merchantId))).toEqual([]);
});

test('a trial that ends with it says so in the trail (bug: nothing was written)', async () => {
  const { db } = stage;
  const { account } = await stage.merchant({ trialDays: 20 });
  const [trial] = await db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.merchantId, account.merchantId));
  await closeMerchant(db, null, { merchantId: account.merchantId, reason, actor, now: await stage.now() });
  const [after] = await db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.merchantId, account.merchantId));
  expect(after).toMatchObject({ status: 'canceled' });
  expect(after?.updatedAt.getTime()).toBeGreaterThan(trial?.updatedAt.getTime() ?? Number.NaN);
  const trail = await db
    .select()
    .from(auditLog)
    .where(eq(auditLog.entityId, trial?.id ?? ''));
  expect(trail.filter(({ action }) => action === 'subscription.cancelled_now')).toMatchObject([
    { ...account, actorId: actor.id, reason, before: { status: 'trialing' }, after: { status: 'canceled' } },
  ]);
});

test('one whom Stripe charges is not closed while payments are not configured: nothing is written (bug)', async () => {
  const { db, stripe } = stage;
  const shop = await stage.subscriber('essential');
  const { merchantId } = shop.account;
  const facts = async () => [
    await db.select().from(customers).where(eq(customers.merchantId, merchantId)),
    await db.select().from(auditLog).where(eq(auditLog.merchantId, merchantId)),
  ];
  const before = await facts();
  const input = { merchantId, reason, actor, now: await stage.now() };
  await expect(closeMerchant(db, null, input)).rejects.toThrow(PaymentsNotConfigured);
  expect(await facts()).toEqual(before);
  await closeMerchant(db, stripe, input);
  expect((await stripe.subscriptions.retrieve(shop.subscriptionId)).status).toBe('canceled');
});

test('four admins close while others give: one closes, nothing given lives on', async () => {
  const { db } = stage;
  for (let round = 0; round < 6; round++) {
    const { account } = await stage.merchant();
    const now = await stage.now();
    const close = () => closeMerchant(db, null, { merchantId: account.merchantId, reason, actor, now });
    const answers = await Promise.allSettled(
      [...gifts(account, now), close, close, close, close].map((act) => act()),
    );
    expect(answers.slice(3).filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(MerchantClosed);
    const plans = await db
      .select()
      .from(subscriptions)
      .where(eq(subscriptions.merchantId, account.merchantId));
    expect(plans.filter(({ endedAt }) => !endedAt)).toEqual([]);
  }
});
