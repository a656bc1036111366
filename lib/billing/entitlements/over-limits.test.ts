import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MARKET, makeCatalogue, tierId } from '@/db/make';
import {
  addOns,
  overrides,
  storeAddOns,
  subscriptionStatuses,
  subscriptions,
  tierLimits,
  usageCounters,
} from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { listSubscriptions, type SubscriptionSort } from '@/lib/billing/reports/subscription-list';
import { features } from '@/lib/features';
import { DAY_MS } from '@/lib/time';
import { makeAccount } from '@/testing/accounts';
import { makeDice } from '@/testing/random';
import { listEntitlementFacts } from './fact-rows';
import { findOver } from './over-limit';
import { sweepOverLimits } from './over-limits';
import { endOverride } from './override-end';
import { overrideInput } from './override-input';
import { saveOverrides } from './overrides';
import { resolveStanding } from './standing';

const actor = { kind: 'user' as const, id: 'usr_admin' };
let now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
let shops: Awaited<ReturnType<typeof makeAccount>>[] = [];
const used = { max_products: 260, max_team_members: 2, email_accounts: 4 };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  const plans = ['essential', 'professional', 'business', 'enterprise'];
  shops = [];
  for (let i = 0; i < 16; i++) {
    const at = new Date(Date.UTC(2026, 0, 1 + i));
    const shop = await makeAccount(db, `shop${i}`, { tier: plans[i % 4], at, mrrCents: i * 100 });
    shops.push(shop);
    const counters = Object.entries(used).map(([featureCode, units]) => ({
      merchantId: shop.merchantId,
      platformId: shop.platformId,
      featureCode,
      periodStart: new Date(0),
      used: units,
      byStore: { [shop.storeId]: units },
    }));
    await db.insert(usageCounters).values(counters);
  }
});
afterAll(() => database.close());

/** Every account with a plan that is over, with its features, as the pure resolver says. */
async function expected(): Promise<Map<string, string[]>> {
  const facts = await listEntitlementFacts(database.db, shops, now);
  const over = [...facts.values()].map(
    (one) =>
      [
        one.merchantId,
        (resolveStanding(one, now).tier ? findOver(one, features, now) : [])
          .map((each) => each.featureCode)
          .sort(),
      ] as const,
  );
  return new Map(over.filter(([, codes]) => codes.length > 0));
}

/** The same as the list says, read page by page. */
async function listed(sort: SubscriptionSort): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let cursor: string | undefined;
  do {
    const filter = { state: 'over_limit' as const, sort, cursor, limit: 3 };
    const page = await listSubscriptions(database.db, filter, { features, now });
    for (const row of page.rows) {
      expect(found.has(row.merchantId), 'listed twice').toBe(false);
      found.set(row.merchantId, row.over);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return found;
}

test('whatever puts a merchant over a limit, the list knows it at once and in every order', async () => {
  const { db } = database;
  const dice = makeDice(20_261_121);
  const someone = () => dice.pick(shops);
  const ofShop = (shop: (typeof shops)[number]) =>
    and(eq(subscriptions.merchantId, shop.merchantId), eq(subscriptions.isCurrent, true));
  const [email] = await db.select().from(addOns).where(eq(addOns.code, 'email_5'));
  let bought = 0;
  const changes: Record<string, () => Promise<unknown>> = {
    'another plan': () =>
      db
        .update(subscriptions)
        .set({ tierId: tierId('market', dice.pick(['essential', 'professional', 'business'])) })
        .where(ofShop(someone())),
    'another status': () =>
      db
        .update(subscriptions)
        .set({ status: dice.pick(subscriptionStatuses), graceUntil: dice.chance(0.5) ? null : now })
        .where(ofShop(someone())),
    'an exception': () =>
      saveOverrides(
        db,
        someone(),
        [
          overrideInput.parse({
            featureCode: dice.pick(Object.keys(used)),
            limitValue: dice.pick([0, 2, 300, null]),
            reason: 'agreed',
          }),
        ],
        features,
        { actor, now },
      ),
    'an exception that ends': async () => {
      const [row] = await db.select().from(overrides).where(isNull(overrides.endedAt)).limit(1);
      if (row) await endOverride(db, row, row.featureCode, { actor, now });
    },
    'an add-on': () => {
      const shop = someone();
      bought++;
      return db.insert(storeAddOns).values({
        id: `adn_${bought}`,
        merchantId: shop.merchantId,
        platformId: MARKET,
        storeId: shop.storeId,
        addOnId: email?.id ?? '',
        stripeSubscriptionId: `sub_x${bought}`,
        stripeItemId: `si_x${bought}`,
        status: 'active',
        currency: 'EUR',
      });
    },
    'an add-on that ends': () =>
      db
        .update(storeAddOns)
        .set({ endedAt: now, status: 'canceled' })
        .where(eq(storeAddOns.merchantId, someone().merchantId)),
    'a plan with less': () =>
      db
        .update(tierLimits)
        .set({ limitValue: dice.pick([1, 2, 200, 500, null]), enabled: dice.chance(0.9) })
        .where(
          and(
            eq(tierLimits.tierId, tierId('market', dice.pick(['essential', 'professional', 'business']))),
            eq(tierLimits.featureCode, dice.pick(['max_products', 'max_team_members'])),
          ),
        ),
    'a sweep': () => sweepOverLimits(db, features, now),
  };
  let seen = 0;
  for (let i = 0; i < 150; i++) {
    const name = dice.pick(Object.keys(changes));
    await changes[name]?.();
    const is = await expected();
    seen += is.size;
    expect(await listed(dice.pick(['started', 'mrr'])), `${i}: ${name}`).toEqual(is);
  }
  expect(seen).toBeGreaterThan(150);
});

test('what only time puts over is found by the sweep, and what is fine is looked at no more', async () => {
  const { db } = database;
  const shop = await makeAccount(db, 'later', { tier: 'enterprise' });
  await db.insert(usageCounters).values({
    merchantId: shop.merchantId,
    platformId: shop.platformId,
    featureCode: 'max_products',
    periodStart: new Date(0),
    used: 5,
  });
  await saveOverrides(
    db,
    shop,
    [
      overrideInput.parse({
        featureCode: 'max_products',
        limitValue: 1,
        reason: 'later',
        startsAt: '2026-12-01',
      }),
    ],
    features,
    { actor, now },
  );
  await sweepOverLimits(db, features, now);
  expect((await listed('started')).has(shop.merchantId)).toBe(false);
  now = new Date(Date.UTC(2026, 11, 1) + DAY_MS);
  const swept = await sweepOverLimits(db, features, now);
  expect((await listed('started')).get(shop.merchantId)).toEqual(['max_products']);
  const [noted] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from subscriptions where is_current and may_be_over`,
  );
  expect(noted?.count).toBe(swept.over);
  expect(await sweepOverLimits(db, features, now)).toEqual({ over: swept.over, cleared: 0 });
});
