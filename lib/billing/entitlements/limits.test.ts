import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { MARKET, makeCatalogue, tierId } from '@/db/make';
import { overrides, storeAddOns, subscriptions, usageCounters } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import type { Account } from '@/lib/billing/accounts';
import { FeatureNotInPlan, LimitReached } from '@/lib/billing/errors';
import type { Metered } from '@/lib/billing/features';
import { MAX_QUANTITY } from '@/lib/billing/features';
import { productLimit } from '@/lib/catalog/features';
import { type DomainError, NotFound, ValidationFailed } from '@/lib/errors';
import { orderQuota } from '@/lib/orders/features';
import { apiAccess, emailAccounts, teamLimit } from '@/lib/tenancy/features';
import { makeAccount } from '@/testing/accounts';
import { consume, release } from './limits';
import { requireFeature } from './room';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
const db = () => database.db;

beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const take = (account: Account, feature: Metered, quantity = 1, at = now, storeId?: string) =>
  db().transaction((tx) => consume(tx, account, feature, quantity, { now: at, storeId }));
const giveBack = (account: Account, feature: Metered, quantity = 1, at = now, storeId?: string) =>
  db().transaction((tx) => release(tx, account, feature, quantity, { now: at, storeId }));
const refusalOf = async (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as DomainError,
  );
const counters = (account: Account) =>
  db().select().from(usageCounters).where(eq(usageCounters.merchantId, account.merchantId));

async function setOverride(
  account: Account,
  featureCode: string,
  values: Partial<typeof overrides.$inferInsert>,
) {
  await db()
    .insert(overrides)
    .values({
      id: newId('ovr'),
      merchantId: account.merchantId,
      platformId: account.platformId,
      featureCode,
      hasLimit: 'limitValue' in values,
      reason: 'test',
      author: 'usr_admin',
      ...values,
    });
}

describe('boundaries', () => {
  test('the 200th product fits on Essential and the 201st does not', async () => {
    const full = await makeAccount(db(), 'edge');
    expect(await take(full, productLimit, 199)).toEqual({ used: 199, limit: 200 });
    expect(await take(full, productLimit)).toEqual({ used: 200, limit: 200 });
    const refusal = await refusalOf(take(full, productLimit));
    expect(refusal).toBeInstanceOf(LimitReached);
    expect(refusal?.details).toEqual({
      feature: 'max_products',
      limit: 200,
      current: 200,
      requested: 1,
      unlock: [
        {
          kind: 'tier',
          code: 'professional',
          name: 'Professional',
          price: { amount: 9900, currency: 'EUR', interval: 'month' },
        },
        { kind: 'release' },
      ],
    });
    expect((await counters(full))[0]?.used).toBe(200);
  });

  test('the first take of all is held to the limit too', async () => {
    const fresh = await makeAccount(db(), 'first');
    expect(await refusalOf(take(fresh, productLimit, 201))).toBeInstanceOf(LimitReached);
    expect(await counters(fresh)).toEqual([]);
  });

  test('a limit of 0 is reached at once, a feature without a row is not in the plan', async () => {
    const zero = await makeAccount(db(), 'zero');
    await setOverride(zero, 'max_products', { limitValue: 0 });
    expect(await refusalOf(take(zero, productLimit))).toBeInstanceOf(LimitReached);
    const refusal = await refusalOf(take(zero, emailAccounts));
    expect(refusal).toBeInstanceOf(FeatureNotInPlan);
    expect(refusal?.details.unlock).toEqual([
      {
        kind: 'add_on',
        code: 'email_5',
        name: '5 e-mail accounts',
        price: { amount: 500, currency: 'EUR', interval: 'month' },
      },
    ]);
  });

  test('unlimited counts too', async () => {
    const grand = await makeAccount(db(), 'grand', { tier: 'enterprise' });
    expect(await take(grand, productLimit, 5000)).toEqual({ used: 5000, limit: null });
    expect(await take(grand, productLimit, 5000)).toEqual({ used: 10_000, limit: null });
  });

  test.each([
    [0, 'number_too_small'],
    [-1, 'number_too_small'],
    [1.5, 'integer'],
    [Number.NaN, 'integer'],
    [MAX_QUANTITY + 1, 'number_too_big'],
    [1e300, 'number_too_big'],
  ])('a quantity of %s names the field and writes nothing', async (quantity, rule) => {
    const account = { merchantId: 'mer_edge', platformId: MARKET };
    for (const verb of [take, giveBack]) {
      const refusal = await refusalOf(verb(account, productLimit, quantity));
      expect(refusal).toBeInstanceOf(ValidationFailed);
      expect((refusal as ValidationFailed).fields[0]).toMatchObject({ path: 'quantity', rule });
    }
    expect((await counters(account))[0]?.used).toBe(200);
  });

  test('an unknown merchant or platform is not found', async () => {
    const merchant = await refusalOf(take({ merchantId: 'mer_nobody', platformId: MARKET }, productLimit));
    expect(merchant).toBeInstanceOf(NotFound);
    expect(merchant?.details).toEqual({ what: 'merchant', name: 'mer_nobody' });
    const platform = await refusalOf(take({ merchantId: 'mer_edge', platformId: 'plt_no' }, productLimit));
    expect(platform?.details).toEqual({ what: 'platform', name: 'plt_no' });
  });
});

describe('giving back', () => {
  test('a unit given back can be taken again, and nothing goes below zero', async () => {
    const shop = await makeAccount(db(), 'back');
    await take(shop, teamLimit);
    expect(await refusalOf(take(shop, teamLimit))).toBeInstanceOf(LimitReached);
    expect(await giveBack(shop, teamLimit)).toEqual({ used: 0 });
    expect(await giveBack(shop, teamLimit)).toEqual({ used: 0 });
    expect(await take(shop, teamLimit)).toEqual({ used: 1, limit: 1 });
  });

  test('giving back what was never counted changes nothing', async () => {
    const shop = await makeAccount(db(), 'none');
    expect(await giveBack(shop, productLimit, 3)).toEqual({ used: 0 });
    expect(await counters(shop)).toEqual([]);
  });

  test('the counter carries which store used what', async () => {
    const shop = await makeAccount(db(), 'two', { stores: ['TWOA', 'TWOB'] });
    await take(shop, productLimit, 5, now, 'sto_twoa');
    await take(shop, productLimit, 7, now, 'sto_twob');
    await take(shop, productLimit, 1);
    await giveBack(shop, productLimit, 2, now, 'sto_twob');
    await giveBack(shop, productLimit, 1);
    const [row] = await counters(shop);
    expect(row).toMatchObject({ used: 10, byStore: { sto_twoa: 5, sto_twob: 5 } });
  });
});

describe('what the limit is', () => {
  test('a limit lowered below what is used deletes nothing and gives no more', async () => {
    const shop = await makeAccount(db(), 'lowered', { tier: 'business' });
    await take(shop, teamLimit, 10);
    await db()
      .update(subscriptions)
      .set({ tierId: tierId('market', 'professional') })
      .where(eq(subscriptions.id, shop.subscriptionId));
    const refusal = await refusalOf(take(shop, teamLimit));
    expect(refusal?.details).toMatchObject({ limit: 3, current: 10 });
    expect((await counters(shop))[0]?.used).toBe(10);
    await giveBack(shop, teamLimit, 8);
    expect(await take(shop, teamLimit)).toEqual({ used: 3, limit: 3 });
    await db()
      .update(subscriptions)
      .set({ tierId: tierId('market', 'enterprise') })
      .where(eq(subscriptions.id, shop.subscriptionId));
    expect(await take(shop, teamLimit, 50)).toEqual({ used: 53, limit: null });
  });

  test('an override holds until its last moment, and not a moment longer', async () => {
    const shop = await makeAccount(db(), 'until');
    const end = new Date('2026-11-21T13:00:00Z');
    await setOverride(shop, 'max_team_members', { limitValue: 3, expiresAt: end });
    expect(await take(shop, teamLimit, 2, new Date(end.getTime() - 1))).toEqual({ used: 2, limit: 3 });
    expect((await refusalOf(take(shop, teamLimit, 1, end)))?.details).toMatchObject({ limit: 1, current: 2 });
  });

  test('an override that starts later does not count yet', async () => {
    const shop = await makeAccount(db(), 'later');
    const start = new Date('2026-12-01T00:00:00Z');
    await setOverride(shop, 'max_team_members', { limitValue: 9, startsAt: start });
    expect(await refusalOf(take(shop, teamLimit, 2))).toBeInstanceOf(LimitReached);
    expect(await take(shop, teamLimit, 2, start)).toEqual({ used: 2, limit: 9 });
  });

  test('an override that switches off is not undone by an add-on', async () => {
    const shop = await makeAccount(db(), 'off');
    await makeAddOn(shop, 'email_5');
    expect(await take(shop, emailAccounts, 5)).toEqual({ used: 5, limit: 5 });
    await setOverride(shop, 'email_accounts', { enabled: false });
    expect(await refusalOf(take(shop, emailAccounts))).toBeInstanceOf(FeatureNotInPlan);
  });

  test('add-ons of several stores add up, times their quantity, as long as they run', async () => {
    const shop = await makeAccount(db(), 'mail', { stores: ['MAILA', 'MAILB'] });
    await makeAddOn({ ...shop, storeId: 'sto_maila' }, 'email_5', { quantity: 2 });
    await makeAddOn({ ...shop, storeId: 'sto_mailb' }, 'email_10');
    expect(await take(shop, emailAccounts, 20)).toEqual({ used: 20, limit: 20 });
    await db()
      .update(storeAddOns)
      .set({ status: 'canceled', endedAt: now })
      .where(eq(storeAddOns.storeId, 'sto_mailb'));
    expect((await refusalOf(take(shop, emailAccounts)))?.details).toMatchObject({ limit: 10, current: 20 });
  });

  test('grace gives the plan until it is over', async () => {
    const graceUntil = new Date('2026-11-21T18:00:00Z');
    const shop = await makeAccount(db(), 'late', { status: 'past_due', pastDueSince: now, graceUntil });
    expect(await take(shop, productLimit)).toMatchObject({ used: 1 });
    expect(await refusalOf(take(shop, productLimit, 1, graceUntil))).toBeInstanceOf(FeatureNotInPlan);
  });

  test('a local trial is over at its end, before any job says so', async () => {
    const trialEnd = new Date('2026-11-22T00:00:00Z');
    const shop = await makeAccount(db(), 'trial', {
      status: 'trialing',
      stripeSubscriptionId: null,
      trialEnd,
    });
    expect(await take(shop, productLimit)).toMatchObject({ used: 1 });
    expect(await refusalOf(take(shop, productLimit, 1, trialEnd))).toBeInstanceOf(FeatureNotInPlan);
  });

  test('without a subscription the platform’s fallback tier counts', async () => {
    const shop = await makeAccount(db(), 'freeloy', { tier: null, platformId: 'plt_loyalty' });
    expect(await take(shop, orderQuota, 50)).toEqual({ used: 50, limit: 50 });
    expect((await refusalOf(take(shop, orderQuota)))?.details).toMatchObject({
      limit: 50,
      unlock: [{ kind: 'tier', code: 'plus' }],
    });
  });

  test('a flag gates with what unlocks it', async () => {
    const shop = await makeAccount(db(), 'flags');
    const refusal = await refusalOf(requireFeature(db(), shop, apiAccess, now));
    expect(refusal).toBeInstanceOf(FeatureNotInPlan);
    expect(refusal?.details.unlock).toMatchObject([{ kind: 'tier', code: 'business' }]);
    await setOverride(shop, 'api_access', { enabled: true });
    await requireFeature(db(), shop, apiAccess, now);
  });
});

describe('billing months', () => {
  const anchorAt = new Date('2026-01-31T08:30:00Z');

  test('a new month gives new quota, cut to the month’s end', async () => {
    const shop = await makeAccount(db(), 'month', { anchorAt, at: anchorAt });
    await take(shop, orderQuota, 100, new Date('2026-02-28T08:29:59Z'));
    expect(await refusalOf(take(shop, orderQuota, 1, new Date('2026-02-28T08:29:59Z')))).toBeInstanceOf(
      LimitReached,
    );
    expect(await take(shop, orderQuota, 100, new Date('2026-02-28T08:30:00Z'))).toEqual({
      used: 100,
      limit: 100,
    });
    expect(await take(shop, orderQuota, 1, new Date('2026-03-31T08:30:00Z'))).toEqual({
      used: 1,
      limit: 100,
    });
    const starts = (await counters(shop)).map((row) => row.periodStart.toISOString()).sort();
    expect(starts).toEqual([
      '2026-01-31T08:30:00.000Z',
      '2026-02-28T08:30:00.000Z',
      '2026-03-31T08:30:00.000Z',
    ]);
  });

  test('an annual plan counts per month as well', async () => {
    const shop = await makeAccount(db(), 'annual', { interval: 'year', anchorAt, at: anchorAt });
    await take(shop, orderQuota, 100, new Date('2026-06-29T00:00:00Z'));
    expect(await take(shop, orderQuota, 1, new Date('2026-06-30T09:00:00Z'))).toEqual({
      used: 1,
      limit: 100,
    });
  });
});

test('a refusal leaves the caller’s transaction usable', async () => {
  const shop = await makeAccount(db(), 'usable');
  await db().transaction(async (tx: Tx) => {
    await expect(consume(tx, shop, teamLimit, 2, { now })).rejects.toBeInstanceOf(LimitReached);
    await consume(tx, shop, teamLimit, 1, { now });
  });
  expect((await counters(shop))[0]?.used).toBe(1);
});

async function makeAddOn(
  shop: Account & { storeId: string },
  code: string,
  values: Partial<typeof storeAddOns.$inferInsert> = {},
) {
  const id = newId('add');
  await db()
    .insert(storeAddOns)
    .values({
      id,
      merchantId: shop.merchantId,
      platformId: shop.platformId,
      storeId: shop.storeId,
      addOnId: `aon_${code}`,
      stripeSubscriptionId: `sub_${id}`,
      stripeItemId: `si_${id}`,
      status: 'active',
      currency: 'EUR',
      ...values,
    });
}
