import { and, eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOYALTY, makeCatalogue } from '@/db/make';
import {
  addOnFeatures,
  addOns,
  billingAccounts,
  overrides,
  platforms,
  storeAddOns,
  subscriptionStatuses,
  subscriptions,
  tierLimits,
  usageCounters,
} from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { currentMonth } from '@/lib/billing/accounts';
import { FeatureNotInPlan, LimitReached } from '@/lib/billing/errors';
import { listSubscriptions } from '@/lib/billing/reports/subscription-list';
import { orderQuota } from '@/lib/orders/features';
import { makeAccount } from '@/testing/accounts';
import { loadEntitlementFacts } from './entitlement-facts';
import { calendarMonth } from './fact-rows';
import { type EntitlementFacts, resolveGrant } from './grant';
import { consume } from './limits';
import { findOver } from './over-limit';
import { sweepOverLimits } from './over-limits';
import { resolveStanding } from './standing';

const DAY = 86_400_000;
const runs = process.env.SOAK ? 5000 : 150;
let database: Awaited<ReturnType<typeof testDatabase>>;
let account: { merchantId: string; platformId: string; storeId: string };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  account = await makeAccount(db, 'any', { platformId: LOYALTY, tier: 'plus' });
  await db.insert(addOns).values({
    id: 'aon_more',
    platformId: LOYALTY,
    code: 'more',
    name: 'More',
    category: 'other',
    currency: 'EUR',
    interval: 'month',
    unitAmount: 100,
  });
});
afterAll(() => database.close());

const limits = fc.option(fc.nat(30), { nil: null });
const row = fc.option(fc.record({ enabled: fc.boolean(), limitValue: limits }), { nil: null });
/** Days around now, and now itself: where comparisons go wrong. */
const near = fc.option(fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 3 })), { nil: null });
const instant = fc
  .date({ min: new Date('2023-01-01'), max: new Date('2028-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));

const state = fc.record({
  now: fc.oneof(
    instant,
    fc.constantFrom(
      new Date('2024-02-29T10:00:00Z'),
      new Date('2026-02-28T10:00:00Z'),
      new Date('2026-03-31T10:00:00Z'),
    ),
  ),
  anchorAt: fc.oneof(
    instant,
    fc.constantFrom(
      new Date('2024-01-31T10:00:00Z'),
      new Date('2024-02-29T10:00:00Z'),
      new Date('2025-08-30T10:00:00Z'),
    ),
  ),
  keptDays: fc.option(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -40, max: 40 })), {
    nil: null,
  }),
  hasAccount: fc.boolean(),
  subscription: fc.option(
    fc.record({
      status: fc.constantFrom(...subscriptionStatuses),
      isLocal: fc.boolean(),
      trialEnd: near,
      cancelAt: near,
      graceUntil: near,
    }),
    { nil: null },
  ),
  hasFallback: fc.boolean(),
  own: row,
  free: row,
  override: fc.option(
    fc
      .record({
        hasLimit: fc.boolean(),
        limitValue: limits,
        enabled: fc.option(fc.boolean(), { nil: null }),
        startsAt: near,
        expiresAt: near,
        hasEnded: fc.boolean(),
      })
      .filter((one) => one.hasLimit || one.enabled !== null),
    { nil: null },
  ),
  addOns: fc.array(
    fc.record({
      status: fc.constantFrom(...subscriptionStatuses),
      quantity: fc.integer({ min: 1, max: 3 }),
      hasEnded: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  adds: fc.nat(10),
  used: fc.nat(40),
  quantity: fc.integer({ min: 1, max: 12 }),
});

type State = typeof state extends fc.Arbitrary<infer T> ? T : never;

const shift = (now: Date, days: number | null) =>
  days === null ? null : new Date(now.getTime() + days * DAY);

test('consume, the pure resolver and the list of who is over agree on limit, room and month for any state', async () => {
  await fc.assert(
    fc.asyncProperty(state, async (given) => {
      const { db } = database;
      const { facts, month } = await write(given);
      const loaded = await loadEntitlementFacts(db, account, given.now);
      expect(loaded.month).toEqual(month);
      const { grant } = resolveGrant(facts, orderQuota, given.now);
      expect(resolveGrant(loaded, orderQuota, given.now).grant).toEqual(grant);

      if (facts.subscription) {
        const { tier } = resolveStanding(facts, given.now);
        const over = tier ? findOver(facts, [orderQuota], given.now).map((one) => one.featureCode) : [];
        const list = () =>
          listSubscriptions(
            db,
            { state: 'over_limit', limit: 10 },
            { features: [orderQuota], now: given.now },
          );
        expect((await list()).rows.map((row) => row.over)).toEqual(over.length > 0 ? [over] : []);
        expect(await sweepOverLimits(db, [orderQuota], given.now)).toEqual({
          over: over.length,
          cleared: 1 - over.length,
        });
      }

      const fits = grant.enabled && (grant.limit === null || given.used + given.quantity <= grant.limit);
      const answer = await db
        .transaction((tx) => consume(tx, account, orderQuota, given.quantity, { now: given.now }))
        .catch((error: unknown) => error);
      if (fits) expect(answer).toEqual({ used: given.used + given.quantity, limit: grant.limit });
      else expect(answer).toBeInstanceOf(grant.enabled ? LimitReached : FeatureNotInPlan);

      const [counter] = await db
        .select()
        .from(usageCounters)
        .where(
          and(eq(usageCounters.merchantId, account.merchantId), eq(usageCounters.periodStart, month.start)),
        );
      expect(counter?.used ?? 0).toBe(fits ? given.used + given.quantity : given.used);
    }),
    { numRuns: runs },
  );
}, 600_000);

/** Writes the state as rows, and the same as the facts of the pure resolver. */
async function write(given: State): Promise<{ facts: EntitlementFacts; month: { start: Date; end: Date } }> {
  const { db } = database;
  const { now } = given;
  const { merchantId, platformId } = account;
  const pair = { merchantId, platformId };
  for (const table of [usageCounters, billingAccounts, storeAddOns, overrides, subscriptions])
    await db.delete(table);
  await db.delete(tierLimits).where(eq(tierLimits.featureCode, orderQuota.code));
  await db.delete(addOnFeatures);

  let kept = null;
  if (given.hasAccount) {
    const natural = calendarMonth(now);
    const [length, offset] = given.keptDays ?? [30, 0];
    const monthStart = given.keptDays ? new Date(now.getTime() + (offset - length) * DAY) : natural.start;
    const monthEnd = given.keptDays ? new Date(now.getTime() + offset * DAY) : natural.end;
    kept = { anchorAt: given.anchorAt, monthStart, monthEnd };
    await db.insert(billingAccounts).values({ ...pair, ...kept });
  }
  const month = kept ? currentMonth(kept, now) : calendarMonth(now);

  const fallbackTierCode = given.hasFallback ? 'free' : null;
  await db.update(platforms).set({ fallbackTierCode }).where(eq(platforms.id, platformId));
  const plus = { id: 'tier_loyalty_plus', code: 'plus', name: 'Plus' };
  const free = { id: 'tier_loyalty_free', code: 'free', name: 'Free' };
  for (const [tier, limit] of [
    [plus, given.own],
    [free, given.free],
  ] as const) {
    if (limit)
      await db.insert(tierLimits).values({ tierId: tier.id, featureCode: orderQuota.code, ...limit });
  }

  const subscription = given.subscription && {
    status: given.subscription.status,
    trialEnd: shift(now, given.subscription.trialEnd),
    cancelAt: shift(now, given.subscription.cancelAt),
    graceUntil: shift(now, given.subscription.graceUntil),
  };
  if (subscription) {
    await db.insert(subscriptions).values({
      id: 'sub_any',
      ...pair,
      ...subscription,
      isCurrent: true,
      tierId: plus.id,
      stripeSubscriptionId: given.subscription?.isLocal ? null : 'sub_s',
      currency: 'EUR',
      startedAt: now,
    });
  }

  const override = given.override && {
    hasLimit: given.override.hasLimit,
    limitValue: given.override.limitValue,
    enabled: given.override.enabled,
    reason: 'r',
    author: 'a',
    startsAt: shift(now, given.override.startsAt),
    expiresAt: shift(now, given.override.expiresAt),
  };
  const base = { id: 'ovr_any', featureCode: orderQuota.code };
  if (override) {
    const endedAt = given.override?.hasEnded ? now : null;
    await db.insert(overrides).values({ ...base, ...pair, ...override, endedAt });
  }

  await db
    .insert(addOnFeatures)
    .values({ addOnId: 'aon_more', featureCode: orderQuota.code, amount: given.adds });
  for (const [i, addOn] of given.addOns.entries()) {
    await db.insert(storeAddOns).values({
      id: `add_${i}`,
      ...pair,
      storeId: account.storeId,
      addOnId: 'aon_more',
      stripeSubscriptionId: `sub_${i}`,
      stripeItemId: `si_${i}`,
      status: addOn.status,
      quantity: addOn.quantity,
      endedAt: addOn.hasEnded ? now : null,
      currency: 'EUR',
    });
  }
  if (given.used > 0) {
    await db.insert(usageCounters).values({
      ...pair,
      featureCode: orderQuota.code,
      periodStart: month.start,
      used: given.used,
      byStore: { '': given.used },
    });
  }

  const counting = given.addOns.filter(
    (one) => !one.hasEnded && ['active', 'trialing', 'past_due'].includes(one.status),
  );
  const facts: EntitlementFacts = {
    merchantId,
    platform: { id: platformId, code: 'loyalty', currency: 'EUR' },
    subscription: subscription && {
      id: 'sub_any',
      tier: plus,
      isLocal: given.subscription?.isLocal ?? false,
      pastDueSince: null,
      currency: 'EUR',
      ...subscription,
    },
    fallback: given.hasFallback ? free : null,
    limits: {
      [plus.id]: given.own ? { [orderQuota.code]: given.own } : {},
      [free.id]: given.free ? { [orderQuota.code]: given.free } : {},
    },
    overrides: override && !given.override?.hasEnded ? [{ ...base, ...override }] : [],
    addOns: counting.map((one) => ({
      code: 'more',
      name: 'More',
      storeId: account.storeId,
      featureCode: orderQuota.code,
      amount: given.adds * one.quantity,
    })),
    month,
    used: { [orderQuota.code]: { total: given.used, byStore: { '': given.used } } },
  };
  return { facts, month };
}
