import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Feature } from '@/lib/billing/features';
import { productLimit } from '@/lib/catalog/features';
import { orderQuota } from '@/lib/orders/features';
import { apiAccess, emailAccounts } from '@/lib/tenancy/features';
import { resolveFeature, toUsageMetric } from './entitlements';
import type { AddOnFacts, EntitlementFacts, OverrideFacts, TierLimit } from './grant';
import { resolveStanding } from './standing';

const now = new Date('2026-11-21T12:00:00Z');
const before = new Date(now.getTime() - 1);
const after = new Date(now.getTime() + 1);

const essential = { id: 'tier_e', code: 'essential', name: 'Essential' };
const free = { id: 'tier_f', code: 'free', name: 'Free' };

type Given = {
  subscription?: Partial<NonNullable<EntitlementFacts['subscription']>> | null;
  fallback?: boolean;
  own?: TierLimit | null;
  free?: TierLimit | null;
  override?: Partial<OverrideFacts>;
  addOns?: number[];
  current?: number;
};

function factsOf(feature: Feature, given: Given): EntitlementFacts {
  const { code } = feature;
  const row = (limit: TierLimit | null | undefined) => (limit ? { [code]: limit } : {});
  return {
    merchantId: 'mer_1',
    platform: { id: 'plt_1', code: 'market', currency: 'EUR' },
    subscription:
      given.subscription === null
        ? null
        : {
            id: 'sub_1',
            status: 'active',
            tier: essential,
            isLocal: false,
            trialEnd: null,
            cancelAt: null,
            pastDueSince: null,
            graceUntil: null,
            currency: 'EUR',
            ...given.subscription,
          },
    fallback: given.fallback ? free : null,
    limits: { tier_e: row(given.own), tier_f: row(given.free) },
    overrides: given.override
      ? [
          {
            id: 'ovr_1',
            featureCode: code,
            hasLimit: false,
            limitValue: null,
            enabled: null,
            reason: '',
            author: '',
            startsAt: null,
            expiresAt: null,
            ...given.override,
          },
        ]
      : [],
    addOns: (given.addOns ?? []).map(
      (amount): AddOnFacts => ({ code: 'x', name: 'X', storeId: 's', featureCode: code, amount }),
    ),
    month: { start: before, end: after },
    used: { [code]: { total: given.current ?? 0, byStore: {} } },
  };
}

const resolve = (feature: Feature, given: Given) => {
  const { enabled, limit, remaining, percentUsed, scope } = resolveFeature(
    factsOf(feature, given),
    feature,
    now,
  );
  return { enabled, limit, remaining, percentUsed, scope };
};

const on = (limitValue: number | null): TierLimit => ({ enabled: true, limitValue });
const off: TierLimit = { enabled: false, limitValue: null };

describe('which tier counts', () => {
  test.each([
    ['active', {}, 'live', 'tier'],
    ['trialing', {}, 'trial', 'tier'],
    ['trialing', { isLocal: true, trialEnd: after }, 'trial', 'tier'],
    ['trialing', { isLocal: true, trialEnd: now }, 'no_access', 'fallback'],
    ['trialing', { isLocal: false, trialEnd: before }, 'trial', 'tier'],
    ['active', { isLocal: true, cancelAt: after }, 'live', 'tier'],
    ['active', { isLocal: true, cancelAt: now }, 'no_access', 'fallback'],
    ['active', { isLocal: false, cancelAt: before }, 'live', 'tier'],
    ['past_due', { graceUntil: after }, 'grace', 'tier'],
    ['past_due', { graceUntil: now }, 'grace_over', 'fallback'],
    ['past_due', { graceUntil: null }, 'grace_over', 'fallback'],
    ['unpaid', {}, 'no_access', 'fallback'],
    ['paused', {}, 'no_access', 'fallback'],
    ['incomplete', {}, 'no_access', 'fallback'],
    ['incomplete_expired', {}, 'no_access', 'fallback'],
    ['canceled', {}, 'no_access', 'fallback'],
    ['expired', {}, 'no_access', 'fallback'],
  ] as const)('%s %o: %s', (status, rest, reason, via) => {
    const given = { subscription: { status, ...rest }, fallback: true };
    expect(resolveStanding(factsOf(productLimit, given), now)).toMatchObject({ reason, via });
    const without = resolveStanding(factsOf(productLimit, { ...given, fallback: false }), now);
    expect(without.via).toBe(via === 'tier' ? 'tier' : 'none');
  });

  test('a local trial past its end says expired; a pair that never met says none', () => {
    const lapsed = { subscription: { status: 'trialing', isLocal: true, trialEnd: before } } as const;
    expect(resolveStanding(factsOf(productLimit, lapsed), now).status).toBe('expired');
    expect(resolveStanding(factsOf(productLimit, { subscription: null }), now)).toMatchObject({
      status: 'none',
      reason: 'never',
      via: 'none',
    });
  });
});

describe('one feature', () => {
  const none = { enabled: false, limit: 0, remaining: 0, percentUsed: 100, scope: 'none' };
  test.each<[string, Feature, Given, object]>([
    [
      'the tier’s limit',
      productLimit,
      { own: on(200), current: 75 },
      { enabled: true, limit: 200, remaining: 125, percentUsed: 37.5, scope: 'tier' },
    ],
    [
      'unlimited by tier',
      productLimit,
      { own: on(null), current: 75 },
      { enabled: true, limit: null, remaining: null, percentUsed: 0, scope: 'tier' },
    ],
    [
      'a limit of 0 is on',
      productLimit,
      { own: on(0) },
      { enabled: true, limit: 0, remaining: 0, percentUsed: 100, scope: 'tier' },
    ],
    ['no row', productLimit, {}, none],
    ['a row that is off', productLimit, { own: off }, none],
    [
      'over the limit',
      productLimit,
      { own: on(10), current: 30 },
      { enabled: true, limit: 10, remaining: 0, percentUsed: 100, scope: 'tier' },
    ],
    [
      'the fallback’s limit',
      orderQuota,
      { subscription: null, fallback: true, free: on(50) },
      { enabled: true, limit: 50, remaining: 50, percentUsed: 0, scope: 'fallback' },
    ],
    ['nothing', orderQuota, { subscription: null }, none],
    [
      'an override replaces',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 300 } },
      { limit: 300, scope: 'merchant_override' },
    ],
    [
      'an override to unlimited',
      productLimit,
      { own: on(200), override: { hasLimit: true } },
      { limit: null, scope: 'merchant_override' },
    ],
    [
      'an override that says the same changes nothing',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 200 } },
      { limit: 200, scope: 'tier' },
    ],
    [
      'an override below the tier',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 5 } },
      { limit: 5, scope: 'merchant_override' },
    ],
    [
      'an override turns on what the tier lacks',
      productLimit,
      { override: { hasLimit: true, limitValue: 5 } },
      { enabled: true, limit: 5, scope: 'merchant_override' },
    ],
    [
      'an override switches off',
      productLimit,
      { own: on(200), override: { enabled: false } },
      { ...none, scope: 'merchant_override' },
    ],
    [
      'an override switches on without a limit',
      productLimit,
      { override: { enabled: true } },
      { enabled: true, limit: 0, scope: 'merchant_override' },
    ],
    [
      'not started',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 5, startsAt: after } },
      { limit: 200, scope: 'tier' },
    ],
    [
      'started this moment',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 5, startsAt: now } },
      { limit: 5 },
    ],
    [
      'expired this moment',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 5, expiresAt: now } },
      { limit: 200, scope: 'tier' },
    ],
    [
      'its last moment',
      productLimit,
      { own: on(200), override: { hasLimit: true, limitValue: 5, expiresAt: after } },
      { limit: 5 },
    ],
    [
      'an override without any plan',
      productLimit,
      { subscription: null, override: { hasLimit: true, limitValue: 5 } },
      { enabled: true, limit: 5, scope: 'merchant_override' },
    ],
    [
      'add-ons turn on and add up',
      emailAccounts,
      { addOns: [5, 10], current: 3 },
      { enabled: true, limit: 15, remaining: 12, percentUsed: 20, scope: 'add_on' },
    ],
    [
      'add-ons add to an override',
      emailAccounts,
      { override: { hasLimit: true, limitValue: 2 }, addOns: [5] },
      { limit: 7, scope: 'add_on' },
    ],
    [
      'unlimited absorbs add-ons',
      emailAccounts,
      { own: on(null), addOns: [5] },
      { limit: null, scope: 'tier' },
    ],
    ['an add-on of nothing changes nothing', emailAccounts, { addOns: [0] }, none],
    [
      'switched off stays off beside an add-on',
      emailAccounts,
      { override: { enabled: false }, addOns: [5] },
      none,
    ],
    [
      'a flag that is on',
      apiAccess,
      { own: on(null) },
      { enabled: true, limit: null, remaining: null, percentUsed: 0, scope: 'tier' },
    ],
    [
      'a flag that is off',
      apiAccess,
      { own: off },
      { enabled: false, limit: 0, remaining: 0, percentUsed: 0, scope: 'none' },
    ],
    [
      'a flag by override',
      apiAccess,
      { own: off, override: { enabled: true } },
      { enabled: true, limit: null, scope: 'merchant_override' },
    ],
    [
      'a flag switched off',
      apiAccess,
      { own: on(null), override: { enabled: false } },
      { enabled: false, limit: 0, scope: 'merchant_override' },
    ],
    ['a flag by add-on', apiAccess, { addOns: [0] }, { enabled: true, limit: null, scope: 'add_on' }],
  ])('%s', (_name, feature, given, expected) => {
    expect(resolve(feature, given)).toMatchObject(expected);
  });
});

test.each([
  [75, 200, { percentage: 37.5, isUnlimited: false, isAtLimit: false, isApproachingLimit: false }],
  [140, 200, { percentage: 70, isAtLimit: false, isApproachingLimit: true }],
  [139, 200, { percentage: 69.5, isApproachingLimit: false }],
  [200, 200, { percentage: 100, isAtLimit: true, isApproachingLimit: false }],
  [250, 200, { percentage: 125, isAtLimit: true, isApproachingLimit: false }],
  [0, 0, { percentage: 100, isAtLimit: true, isApproachingLimit: false }],
  [999, null, { percentage: 0, isUnlimited: true, isAtLimit: false, isApproachingLimit: false }],
  [1, 3, { percentage: 33.3 }],
])('a meter at %s of %s', (current, limit, expected) => {
  expect(toUsageMetric({ code: 'c', name: 'n', current, limit })).toMatchObject(expected);
});

describe('for any facts', () => {
  const limits = fc.option(fc.nat(1000), { nil: null });
  const rows = fc.option(fc.record({ enabled: fc.boolean(), limitValue: limits }), { nil: null });
  const given = fc.record({
    own: rows,
    free: rows,
    fallback: fc.boolean(),
    subscription: fc.option(
      fc.record({ status: fc.constantFrom('active' as const, 'unpaid' as const, 'past_due' as const) }),
      { nil: null },
    ),
    override: fc.option(
      fc.record({
        hasLimit: fc.boolean(),
        limitValue: limits,
        enabled: fc.option(fc.boolean(), { nil: null }),
      }),
      { nil: undefined },
    ),
    addOns: fc.array(fc.nat(50), { maxLength: 3 }),
    current: fc.nat(2000),
  });

  test('remaining is never negative, percent never above 100, and off means 0', () => {
    fc.assert(
      fc.property(given, (facts) => {
        const answer = resolve(productLimit, facts);
        expect(answer.remaining ?? 0).toBeGreaterThanOrEqual(0);
        expect(answer.percentUsed).toBeGreaterThanOrEqual(0);
        expect(answer.percentUsed).toBeLessThanOrEqual(100);
        if (!answer.enabled) expect(answer.limit).toBe(0);
      }),
    );
  });

  test('a higher tier limit, a higher override and one more add-on never give less', () => {
    const size = (limit: number | null) => limit ?? Number.POSITIVE_INFINITY;
    fc.assert(
      fc.property(given, fc.nat(100), (facts, more) => {
        const least = size(resolve(productLimit, facts).limit);
        const raise = (row: TierLimit | null) =>
          row && { ...row, limitValue: row.limitValue === null ? null : row.limitValue + more };
        const higher = { ...facts, own: raise(facts.own), free: raise(facts.free) };
        expect(size(resolve(productLimit, higher).limit)).toBeGreaterThanOrEqual(least);
        const added = { ...facts, addOns: [...facts.addOns, more] };
        expect(size(resolve(productLimit, added).limit)).toBeGreaterThanOrEqual(least);
        if (facts.override && facts.override.limitValue !== null) {
          const override = { ...facts.override, limitValue: facts.override.limitValue + more };
          expect(size(resolve(productLimit, { ...facts, override }).limit)).toBeGreaterThanOrEqual(least);
        }
      }),
    );
  });

  test('unlimited absorbs whatever is added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 5 }), (addOns) => {
        expect(resolve(productLimit, { own: on(null), addOns }).limit).toBeNull();
      }),
    );
  });
});
