import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { auditLog } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { endGivenPlans } from '@/lib/billing/account/given-plans';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { getEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { consume } from '@/lib/billing/entitlements/limits';
import { EditConflict } from '@/lib/billing/errors';
import { productLimit } from '@/lib/catalog/features';
import { DAY_MS } from '@/lib/time';
import { makeAccount } from '@/testing/accounts';
import { setSubscription, versionOf } from './by-hand';

const start = new Date('2026-11-21T12:00:00Z');
const actor = { kind: 'user' as const, id: 'usr_admin' };
const noStripe = () => {
  throw new Error('Stripe is not asked');
};
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

async function shopWithoutPlan(key: string) {
  const { merchantId, platformId, storeId } = await makeAccount(database.db, key, { tier: null });
  const account = { merchantId, platformId };
  return {
    account,
    set: (input: Parameters<typeof setSubscription>[3], now = start, seen?: string) =>
      setSubscription(database.db, noStripe, account, input, { actor, now, seen }),
    current: () => findCurrentSubscription(database.db, account),
    tierAt: async (now: Date) => {
      const { status, tier } = await getEntitlements(database.db, account, [productLimit], now);
      return { status, tier: tier?.code ?? null };
    },
    add: (now: Date) =>
      database.db.transaction((tx) => consume(tx, account, productLimit, 1, { storeId, now })),
  };
}

describe('a plan that is given', () => {
  test('until a date ends then, for limits at the very moment, for its status by the job, once', async () => {
    const until = new Date(start.getTime() + 10 * DAY_MS);
    const shop = await shopWithoutPlan('until');
    const given = await shop.set({
      tierCode: 'business',
      cancelAt: until.toISOString(),
      reason: 'Partner of the year',
    });
    expect(given).toMatchObject({ status: 'active', cancelAt: until, mrrCents: 0 });
    const before = new Date(until.getTime() - 1);
    expect(await shop.tierAt(before)).toEqual({ status: 'active', tier: 'business' });
    expect(await endGivenPlans(database.db, before)).toEqual({ ended: 0 });
    await shop.add(before);
    expect(await shop.tierAt(until)).toEqual({ status: 'canceled', tier: null });
    await expect(shop.add(until)).rejects.toThrow('feature_not_in_plan');
    expect(await Promise.all([1, 2].map(() => endGivenPlans(database.db, until)))).toEqual(
      expect.arrayContaining([{ ended: 1 }, { ended: 0 }]),
    );
    expect(await shop.current()).toMatchObject({ status: 'canceled', endedAt: until });
    const trail = await database.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.merchantId, shop.account.merchantId))
      .orderBy(asc(auditLog.at));
    expect(trail.map((row) => [row.action, row.actorKind, row.reason])).toEqual([
      ['subscription.comped', 'user', 'Partner of the year'],
      ['subscription.given_ended', 'job', null],
    ]);
    expect(trail[0]?.after).toMatchObject({ cancelAt: until.toISOString() });
  });

  test('stays without a date; a date is kept until it is moved or taken away', async () => {
    const shop = await shopWithoutPlan('stays');
    await shop.set({ tierCode: 'essential' });
    expect(await endGivenPlans(database.db, new Date('2040-01-01'))).toEqual({ ended: 0 });
    const until = '2027-01-01T00:00:00.000Z';
    await shop.set({ cancelAt: until });
    expect(await shop.set({ tierCode: 'business' })).toMatchObject({ cancelAt: new Date(until) });
    expect(await shop.set({ cancelAt: null })).toMatchObject({
      cancelAt: null,
      tier: { code: 'business' },
    });
    await shop.set({ cancelAt: until });
    expect(await shop.set({ status: 'canceled' })).toMatchObject({ cancelAt: null, status: 'canceled' });
    expect(await shop.set({ status: 'active' })).toMatchObject({ cancelAt: null, endedAt: null });
  });

  test.each<[Parameters<typeof setSubscription>[3], string, string]>([
    [{ cancelAt: '2026-11-21T12:00:00Z' }, 'cancelAt', 'future'],
    [{ cancelAt: '2027-01-01T00:00:00Z', trialEnd: '2026-12-01T00:00:00Z' }, 'cancelAt', 'only_given'],
    [{ cancelAt: '2027-01-01T00:00:00Z', status: 'canceled' }, 'cancelAt', 'only_given'],
    [{ trialEnd: '2026-11-01T00:00:00Z' }, 'trialEnd', 'future'],
  ])('%o is refused by name and nothing is written', async (input, path, rule) => {
    const shop = await shopWithoutPlan(`bad${path}${rule}${Object.keys(input).length}${input.status ?? ''}`);
    const before = await shop.set({ tierCode: 'essential' });
    await expect(shop.set(input)).rejects.toMatchObject({ fields: [{ path, rule }] });
    expect(await shop.current()).toEqual(before);
  });
});

test('two admins give at once: one plan counts, and who edited what was changed meanwhile is told', async () => {
  const shop = await shopWithoutPlan('race');
  const codes = ['essential', 'professional', 'business', 'enterprise'];
  await Promise.all(codes.map((tierCode) => shop.set({ tierCode })));
  const seen = versionOf(await shop.current());
  const later = new Date(start.getTime() + 1000);
  const first = await shop.set({ tierCode: 'essential' }, later, seen);
  await expect(shop.set({ tierCode: 'business' }, later, seen)).rejects.toBeInstanceOf(EditConflict);
  expect(await shop.current()).toMatchObject({ id: first.id, tier: { code: 'essential' } });
});
