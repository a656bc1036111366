import { z } from '@hono/zod-openapi';
import { getPlatformOrDefault } from '@/lib/billing/accounts';
import { explainFeature } from '@/lib/billing/entitlements/explain';
import { previewTierLimits } from '@/lib/billing/entitlements/what-if';
import { featureType, getFeature } from '@/lib/billing/features';
import { saveTierLimits, tierLimitInput } from '@/lib/billing/plans/tier-limits';
import { getTier, type Tier } from '@/lib/billing/plans/tiers';
import { toSnake } from '@/lib/dialect';
import { features } from '@/lib/features';
import { input, platformQuery, routesOf } from './contract';
import { asAdmin, asStaff, merchantAccount } from './guards';
import type { Resource } from './resource';
import { featureSummary, unlock } from './shapes';

const base = '/admin/subscriptions/features';
const route = routesOf('Admin: features');
const tierLimit = z
  .object({ feature_code: z.string(), limit_value: z.number().int().nullable(), enabled: z.boolean() })
  .openapi('TierLimit');
const code = z.object({ code: z.string() });
const limitRows = z.array(tierLimitInput).min(1).max(200);

const getCatalog = route('get', `${base}/catalog`, {
  summary: 'Every feature there is, by category',
  by: asStaff,
  200: [
    z.object({
      features: z.record(
        z.string(),
        z.array(
          z.object({
            code: z.string(),
            name: z.string(),
            feature_type: z.enum(['binary', 'quantitative']),
            category: z.string(),
          }),
        ),
      ),
    }),
    'By category',
  ],
});

const getLimits = route('get', `${base}/tiers/{code}/limits`, {
  summary: 'What a tier grants; a feature without a row is off',
  by: asStaff,
  request: { params: code, query: platformQuery },
  200: [z.array(tierLimit), 'The rows'],
});

const putLimits = route('put', `${base}/tiers/{code}/limits`, {
  summary: 'Writes the rows named; others stay. Holds for all subscribers at once',
  by: asAdmin,
  request: { params: code, query: platformQuery, body: input(limitRows) },
  200: [z.array(tierLimit), 'All rows'],
});

const overLimit = z.object({
  feature_code: z.string(),
  current: z.number().int(),
  new_limit: z.number().int(),
  over_by: z.number().int(),
  stores: z.array(z.object({ store: z.string(), current: z.number().int() })),
});

const previewLimits = route('post', `${base}/tiers/{code}/limits/preview`, {
  summary: 'Who would be over if these rows were written; writes nothing',
  by: asStaff,
  request: { params: code, query: platformQuery, body: input(limitRows) },
  200: [
    z.object({
      affected: z.number().int(),
      lost: z.array(z.object({ feature_code: z.string(), merchants: z.number().int() })),
      over_count: z.number().int(),
      over: z.array(
        z.object({ merchant_id: z.string(), merchant_name: z.string(), over_limit: z.array(overLimit) }),
      ),
    }),
    'At most a hundred merchants are named',
  ],
});

const stepValue = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const explain = route('get', `${base}/merchants/{id}/explain/{feature}`, {
  summary: 'Why a merchant may or may not use one more of a feature',
  by: asStaff,
  request: { params: z.object({ id: z.string(), feature: z.string() }), query: platformQuery },
  200: [
    z.object({
      feature: featureSummary,
      steps: z.array(
        z.object({
          kind: z.string(),
          text_key: z.string(),
          value: stepValue,
          source: z.string().nullable(),
        }),
      ),
      verdict: z.enum(['allowed', 'limit_reached', 'feature_not_in_plan']),
      unlock: z.array(unlock),
    }),
    'Every step of the resolution, in order',
  ],
});

export const featureAdmin: Resource = (api) => {
  api.openapi(getCatalog, (c) => {
    const shown = features.map((feature) => ({
      code: feature.code,
      name: feature.name,
      feature_type: featureType(feature),
      category: feature.category,
    }));
    const categories = [...new Set(shown.map((one) => one.category))];
    const byCategory = categories.map((category) => [
      category,
      shown.filter((one) => one.category === category),
    ]);
    return c.json({ features: Object.fromEntries(byCategory) as Record<string, typeof shown> }, 200);
  });
  api.openapi(getLimits, async (c) => {
    const platform = await getPlatformOrDefault(c.env.db, c.req.valid('query').platform);
    return c.json(toLimits(await getTier(c.env.db, platform.id, c.req.valid('param').code)), 200);
  });
  api.openapi(putLimits, async (c) => {
    const { db } = c.env;
    const platform = await getPlatformOrDefault(db, c.req.valid('query').platform);
    const tier = { platformId: platform.id, code: c.req.valid('param').code };
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    return c.json(toLimits(await saveTierLimits(db, tier, c.req.valid('json'), features, context)), 200);
  });
  api.openapi(previewLimits, async (c) => {
    const { db } = c.env;
    const platform = await getPlatformOrDefault(db, c.req.valid('query').platform);
    const tier = { platformId: platform.id, code: c.req.valid('param').code };
    const preview = await previewTierLimits(db, tier, c.req.valid('json'), features, await c.env.now());
    return c.json(toSnake(preview), 200);
  });
  api.openapi(explain, async (c) => {
    const { id, feature } = c.req.valid('param');
    const account = await merchantAccount(c.env.db, id, c.req.valid('query').platform);
    const explained = getFeature(features, feature);
    return c.json(toSnake(await explainFeature(c.env.db, account, explained, await c.env.now())), 200);
  });
};

const toLimits = (tier: Tier) =>
  [...tier.limits]
    .sort((a, b) => orderOf(a.featureCode) - orderOf(b.featureCode))
    .map(({ featureCode, limitValue, enabled }) => toSnake({ featureCode, limitValue, enabled }));

const orderOf = (featureCode: string) => features.findIndex((one) => one.code === featureCode);
