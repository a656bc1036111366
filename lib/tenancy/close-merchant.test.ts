import { eq, inArray, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { adjustCredits } from '@/lib/billing/account/credits';
import { updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { ensureStripeCustomer } from '@/lib/billing/customers/customers';
import { openPortal } from '@/lib/billing/customers/portal';
import { overrideInput } from '@/lib/billing/entitlements/override-input';
import { listOverrides } from '@/lib/billing/entitlements/override-lists';
import { saveOverrides } from '@/lib/billing/entitlements/overrides';
import { MerchantClosed } from '@/lib/billing/errors';
import { startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { setSubscription } from '@/lib/billing/subscriptions/by-hand';
import { openSession } from '@/lib/billing/subscriptions/checkout-session';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import { features } from '@/lib/features';
import { PaymentsNotConfigured } from '@/lib/stripe/errors';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { createApiKey, findByKey } from './api-keys';
import { closeMerchant } from './close-merchant';
import { findInvitation, inviteMember } from './invitations';
import { erasePersonalData } from './personal-data';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const actor = { kind: 'user' as const, id: 'usr_admin' };
const reason = 'Asked to leave';

/** All that an admin can give a merchant here; each is refused once it is closed. */
function gifts(account: { merchantId: string; platformId: string }, now: Date) {
  const given = { actor, now };
  return [
    () => setSubscription(stage.db, () => stage.stripe, account, { tierCode: 'business', reason }, given),
    () => adjustCredits(stage.db, account, { amount: 5, reason, key: 'gift', ...given }),
    () =>
      saveOverrides(
        stage.db,
        account,
        [overrideInput.parse({ featureCode: 'max_products', limitValue: 3, reason })],
        features,
        given,
      ),
  ];
}

/** What would make a customer of a merchant again; each is refused once it is closed. */
async function waysBack(shop: Shop) {
  const { db, stripe } = stage;
  const { merchantId } = shop.account;
  const request = await stage.request(shop);
  const addOn = { ...request, addOnCode: 'email_5' };
  return [
    () => stage.checkout(shop),
    () => startCreditCheckout(db, stripe, { ...request, packageCode: 'credits_100' }),
    () => openSession(db, stripe, addOn, { ...ADD_ON_CHOICE, priceId: 'price_1' }),
    () => openPortal(db, stripe, { ...request, merchantId, returnUrl: 'http://shop.test' }),
    () => updateBillingDetails(db, stripe, { ...request, merchantId, details: { name: 'Back again' } }),
    () => createApiKey(db, { name: 'late', role: 'usage', merchantId, actor }),
  ];
}
const ADD_ON_CHOICE = { kind: 'add_on', choice: 'email_5', mode: 'subscription', marks: {} } as const;

/** The customers at Stripe that bear a merchant's mark. */
async function customersOf({ account }: Shop): Promise<string[]> {
  const all = (await stage.stripe.customers.list({ limit: 100 })).data;
  return all.filter((one) => one.metadata.merchant === account.merchantId).map((one) => one.id);
}

/** A client of Stripe's that, the first time it did `verb` on customers, does `then` before it answers. */
function meanwhile(verb: 'create' | 'update' | 'del', then: () => Promise<unknown>): Stripe {
  let done = false;
  const customersApi = new Proxy(stage.stripe.customers, {
    get(target, name, receiver) {
      if (name !== verb) return Reflect.get(target, name, receiver);
      return async (...values: unknown[]) => {
        const answer = await (target[verb] as (...given: unknown[]) => Promise<unknown>)(...values);
        if (!done) {
          done = true;
          await then();
        }
        return answer;
      };
    },
  });
  return new Proxy(stage.stripe, {
    get: (target, name, receiver) =>
      name === 'customers' ? customersApi : Reflect.get(target, name, receiver),
  });
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

describe('a closed merchant', () => {
  const close = async (shop: Shop, stripe = stage.stripe) =>
    closeMerchant(stage.db, stripe, {
      merchantId: shop.account.merchantId,
      reason,
      actor,
      now: await stage.now(),
    });
  const rowOf = async ({ account }: Shop) => {
    const whose = eq(customers.merchantId, account.merchantId);
    const [row] = await stage.db.select().from(customers).where(whose);
    if (!row) throw new Error('no billing row');
    return row;
  };

  test('buys nothing, opens no portal, changes no details and gets no key (bug: a nameless customer was made)', async () => {
    const shop = await stage.subscriber('essential');
    const stranger = await stage.merchant();
    for (const one of [shop, stranger]) {
      await close(one);
      const before = await rowOf(one);
      for (const way of await waysBack(one)) await expect(way()).rejects.toThrow(MerchantClosed);
      expect(await rowOf(one)).toEqual(before);
      expect(await customersOf(one)).toEqual([]);
    }
  });

  test('has no keys and no exceptions any more, and the trail says so (bug: a key went on working)', async () => {
    const { db } = stage;
    const { account } = await stage.merchant();
    const { merchantId } = account;
    const { id, key } = await createApiKey(db, { name: 'shop', role: 'usage', merchantId, actor });
    const [override] = await saveOverrides(
      db,
      account,
      [overrideInput.parse({ featureCode: 'api_access', enabled: true, reason })],
      features,
      { actor, now: await stage.now() },
    );
    await closeMerchant(db, null, { merchantId, reason, actor, now: await stage.now() });
    expect(await findByKey(db, key)).toBeNull();
    expect(await listOverrides(db, account)).toEqual([]);
    const trail = await db.select().from(auditLog).where(eq(auditLog.merchantId, merchantId));
    const said = trail.map(({ action, entityId }) => [action, entityId]);
    expect(said).toContainEqual(['api_key.revoked', id]);
    expect(said).toContainEqual(['override.ended', override?.id]);
  });

  test('keeps its VAT number and the proof of it with its invoices, else not (bug: the proof was erased)', async () => {
    const proof = {
      vatNumber: 'DE123456789',
      vatStatus: 'valid' as const,
      vatCheckedAt: await stage.now(),
      vatConsultationNumber: 'WAPIAAA',
      vatProof: { valid: true, name: 'Billed GmbH' },
    };
    const [billed, never] = [await stage.subscriber(), await stage.merchant()];
    for (const shop of [billed, never]) {
      const whose = eq(customers.merchantId, shop.account.merchantId);
      await stage.db.update(customers).set(proof).where(whose);
      await close(shop);
      await stage.deliverNew();
    }
    expect(await rowOf(billed)).toMatchObject({ ...proof, name: '', line1: '' });
    expect(await rowOf(never)).toMatchObject({
      vatNumber: null,
      vatStatus: 'none',
      vatCheckedAt: null,
      vatConsultationNumber: null,
      vatProof: null,
    });
  });

  test('whose customer was just being made has none in the end', async () => {
    const shop = await stage.merchant();
    const late = meanwhile('create', () => close(shop));
    const { merchantId } = shop.account;
    await expect(ensureStripeCustomer(stage.db, late, merchantId, await stage.by(shop))).rejects.toThrow(
      MerchantClosed,
    );
    expect(await customersOf(shop)).toEqual([]);
  });

  test('whose customer an event had bound and the closing deleted is said to be closed (bug: resource_missing)', async () => {
    const shop = await stage.merchant();
    const late = meanwhile('update', async () => {
      await stage.deliverNew();
      await close(shop);
    });
    const { merchantId } = shop.account;
    await expect(ensureStripeCustomer(stage.db, late, merchantId, await stage.by(shop))).rejects.toThrow(
      MerchantClosed,
    );
    expect(await customersOf(shop)).toEqual([]);
  });

  test('whose next customer was made while the former was deleted has none in the end', async () => {
    const shop = await stage.subscriber('essential');
    const again = meanwhile('del', async () => {
      await stage.deliverNew();
      await ensureStripeCustomer(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
    });
    await close(shop, again);
    expect(await customersOf(shop)).toEqual([]);
    expect((await rowOf(shop)).deletedAtStripe).not.toBeNull();
  });

  test('is not bound to a customer that names it', async () => {
    const shop = await stage.merchant();
    await close(shop);
    const before = await rowOf(shop);
    await stage.customer(shop.account);
    expect((await stage.deliverNew()).filter(({ status }) => status === 'failed')).toEqual([]);
    expect(await rowOf(shop)).toEqual(before);
  });

  test('holds no domain in a checkout that it had open', async () => {
    const [one, other] = [await stage.subscriber(), await stage.subscriber()];
    const choose = async (shop: Shop) =>
      startAddOnCheckout(stage.db, stage.stripe, {
        ...(await stage.request(shop)),
        addOnCode: 'domain',
        domain: 'closing.example',
      });
    await choose(one);
    await expect(choose(other)).rejects.toThrow(/domain_taken/);
    await close(one);
    await choose(other);
  });
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
