import { z } from '@hono/zod-openapi';
import { getPlatform } from '@/lib/billing/accounts';
import { getEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { toUsageMetric } from '@/lib/billing/entitlements/entitlements';
import { countSubscribers, findTierById } from '@/lib/billing/plans/tiers';
import { getStats } from '@/lib/billing/reports/stats';
import {
  listSubscriptions,
  type SubscriptionListRow,
  subscriptionSorts,
  subscriptionStates,
} from '@/lib/billing/reports/subscription-list';
import { subscriptionStatuses } from '@/lib/billing/statuses';
import { setSubscription, subscriptionPut } from '@/lib/billing/subscriptions/by-hand';
import { toSnake } from '@/lib/dialect';
import { env } from '@/lib/env';
import { NotFound } from '@/lib/errors';
import { features } from '@/lib/features';
import { requireStripe } from '@/lib/stripe/client';
import { createMerchant, findMerchant, findStore, newMerchantInput } from '@/lib/tenancy/merchants';
import { input, pageOf, pageQuery, routesOf } from './contract';
import { asAdmin, asStaff } from './guards';
import type { Resource } from './resource';
import { status, usageMetric } from './shapes';
import { loadSubscriptionFacts } from './store-subscription';
import { presentSubscription, presentTier, subscriptionShape, tierShape } from './subscription-shape';

const route = routesOf('Admin');
const base = '/admin/subscriptions';
const amounts = z.array(z.object({ currency: z.string(), amount: z.number().int() }));

const rowShape = z
  .object({
    id: z.string(),
    merchant_id: z.string(),
    merchant_name: z.string(),
    platform: z.string(),
    status,
    tier: z.object({ code: z.string(), name: z.string() }),
    is_annual: z.boolean(),
    currency: z.string(),
    current_period_start: z.string().nullable(),
    current_period_end: z.string().nullable(),
    trial_end: z.string().nullable(),
    cancel_at: z.string().nullable(),
    cancel_at_period_end: z.boolean(),
    store_codes: z.array(z.string()),
    feature_count: z.number().int(),
    over_limit: z.array(z.string()).openapi({ description: 'Features of which more is used than granted' }),
    grandfathered: z.boolean().openapi({ description: 'On a plan that is not offered any more' }),
    mrr_cents: z.number().int(),
  })
  .openapi('SubscriptionRow');

const presentRow = (row: SubscriptionListRow): z.infer<typeof rowShape> => ({
  id: row.id,
  merchant_id: row.merchantId,
  merchant_name: row.merchantName,
  platform: row.platformCode,
  status: row.status,
  tier: { code: row.tierCode, name: row.tierName },
  is_annual: row.interval === 'year',
  currency: row.currency,
  current_period_start: row.currentPeriodStart?.toISOString() ?? null,
  current_period_end: row.currentPeriodEnd?.toISOString() ?? null,
  trial_end: row.trialEnd?.toISOString() ?? null,
  cancel_at: row.cancelAt?.toISOString() ?? null,
  cancel_at_period_end: row.cancelAt !== null,
  store_codes: row.storeCodes,
  feature_count: row.featureCount,
  over_limit: row.over,
  grandfathered: row.isGrandfathered,
  mrr_cents: row.mrrCents,
});

const list = route('get', base, {
  summary: 'All subscriptions',
  by: asStaff,
  request: {
    query: pageQuery.extend({
      tier: z.string().optional(),
      status: z.enum(subscriptionStatuses).optional(),
      platform: z.string().optional(),
      state: z
        .enum(subscriptionStates)
        .optional()
        .openapi({
          description:
            'running: has begun and not ended; past_due: payment due or unpaid; cancelling: ends by itself; pending_change: another plan is scheduled; ' +
            'over_limit: has a plan and uses more of a feature than it is granted; grandfathered: on a plan that is not offered any more',
        }),
      search: z.string().max(100).optional(),
      sort: z.enum(subscriptionSorts).default('started'),
    }),
  },
  200: [pageOf(rowShape), 'A page of subscriptions'],
});

const stats = route('get', `${base}/stats`, {
  summary: 'Counts and recurring revenue now',
  by: asStaff,
  request: { query: z.object({ platform: z.string().optional() }) },
  200: [
    z.object({
      total: z.number().int(),
      by_status: z.record(z.string(), z.number().int()),
      by_tier: z.record(z.string(), z.number().int()),
      trialing: z.number().int(),
      past_due: z.number().int(),
      mrr: amounts,
      arr: amounts,
      churn_rate_30d: z.number().nullable(),
    }),
    'The figures',
  ],
});

const pair = z.object({ id: z.string(), pid: z.string() });

const getPair = route('get', `${base}/merchants/{id}/platforms/{pid}`, {
  summary: "A merchant's subscription on a platform",
  by: asStaff,
  request: { params: pair },
  200: [subscriptionShape, 'The subscription; `none` for a pair that never had one'],
});

const putPair = route('put', `${base}/merchants/{id}/platforms/{pid}`, {
  summary: 'Set it by hand; what Stripe owns goes through Stripe',
  by: asAdmin,
  request: { params: pair, body: input(subscriptionPut) },
  200: [subscriptionShape, 'As it is now'],
});

const getStore = route('get', `${base}/store/{store_id}`, {
  summary: "A store's subscription, tier and usage",
  by: asStaff,
  request: { params: z.object({ store_id: z.string() }) },
  200: [
    z.object({
      subscription: subscriptionShape,
      tier: tierShape.nullable(),
      features: z.array(usageMetric),
    }),
    'All of it',
  ],
});

const postMerchant = route('post', '/admin/merchants', {
  summary: 'A merchant with its first store and owner; its local trial starts',
  by: asAdmin,
  request: { body: input(newMerchantInput) },
  201: [
    z.object({
      merchant_id: z.string(),
      store_id: z.string(),
      store_code: z.string(),
      owner_id: z.string(),
    }),
    'Their ids',
  ],
});

export const adminSubscriptions: Resource = (api) => {
  api.openapi(list, async (c) => {
    const { tier, platform, ...query } = c.req.valid('query');
    const { db } = c.env;
    const platformId = platform ? (await getPlatform(db, platform)).id : undefined;
    const page = await listSubscriptions(
      db,
      { ...query, tierCode: tier, platformId },
      { features, now: await c.env.now() },
    );
    return c.json({ data: page.rows.map(presentRow), next_cursor: page.nextCursor }, 200);
  });

  api.openapi(stats, async (c) => {
    const { platform } = c.req.valid('query');
    const { db } = c.env;
    const platformId = platform ? (await getPlatform(db, platform)).id : undefined;
    const figures = await getStats(db, await c.env.now(), platformId);
    return c.json(
      {
        total: figures.total,
        by_status: figures.byStatus,
        by_tier: countByCode(figures.byTier),
        trialing: figures.trialing,
        past_due: figures.pastDue,
        mrr: figures.mrr,
        arr: figures.arr,
        churn_rate_30d: figures.churnRate30d,
      },
      200,
    );
  });

  api.openapi(getPair, async (c) => {
    const account = await accountOf(c.env.db, c.req.valid('param'));
    return c.json(
      presentSubscription(await loadSubscriptionFacts(c.env.db, account), c.var.caller.role === 'admin'),
      200,
    );
  });

  api.openapi(putPair, async (c) => {
    const { db } = c.env;
    const account = await accountOf(db, c.req.valid('param'));
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    await setSubscription(db, requireStripe, account, c.req.valid('json'), context);
    return c.json(presentSubscription(await loadSubscriptionFacts(db, account), true), 200);
  });

  api.openapi(getStore, async (c) => {
    const { db } = c.env;
    const store = await findStore(db, c.req.valid('param').store_id);
    if (!store) throw new NotFound('store', c.req.valid('param').store_id);
    const account = { merchantId: store.merchantId, platformId: store.platformId };
    const [facts, usage] = await Promise.all([
      loadSubscriptionFacts(db, account),
      getEntitlements(db, account, features, await c.env.now()),
    ]);
    const tier = facts.subscription ? await findTierById(db, facts.subscription.tierId) : null;
    const counts = tier ? await countSubscribers(db, [tier.id]) : new Map<string, number>();
    const of = { platformCode: facts.platform.code, currency: facts.platform.defaultCurrency };
    return c.json(
      {
        subscription: presentSubscription(facts, c.var.caller.role === 'admin'),
        tier: tier ? presentTier(tier, { ...of, subscribers: counts.get(tier.id) ?? 0 }) : null,
        features: usage.features
          .filter((one) => one.featureType === 'quantitative')
          .map((one) => toSnake(toUsageMetric(one))),
      },
      200,
    );
  });

  api.openapi(postMerchant, async (c) => {
    const made = await createMerchant(c.env.db, c.req.valid('json'), {
      actor: c.var.caller.actor,
      now: await c.env.now(),
      trialDays: env().STRIPE_TRIAL_DAYS,
    });
    const { merchantId, storeId, storeCode, ownerId } = made;
    return c.json(toSnake({ merchantId, storeId, storeCode, ownerId }), 201);
  });
};

/** How many have a plan of each code; two platforms may each have one of that code. */
function countByCode(tiers: { code: string; count: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, count } of tiers) counts[code] = (counts[code] ?? 0) + count;
  return counts;
}

async function accountOf(db: Parameters<typeof getPlatform>[0], named: { id: string; pid: string }) {
  const [merchant, platform] = await Promise.all([findMerchant(db, named.id), getPlatform(db, named.pid)]);
  if (!merchant) throw new NotFound('merchant', named.id);
  return { merchantId: merchant.id, platformId: platform.id };
}
