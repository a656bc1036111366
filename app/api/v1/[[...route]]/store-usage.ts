import { z } from '@hono/zod-openapi';
import { getEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { toUsageMetric } from '@/lib/billing/entitlements/entitlements';
import { toSnake } from '@/lib/dialect';
import { features } from '@/lib/features';
import { routesOf, storeQuery } from './contract';
import { asStore } from './guards';
import type { Resource } from './resource';
import { usageMetric } from './shapes';

const route = routesOf('Store billing');

const getUsage = route('get', '/store/billing/usage', {
  summary: 'What the merchant of this store uses of its limits',
  by: asStore('read'),
  request: { query: storeQuery },
  200: [z.array(usageMetric), 'One meter per quantitative feature'],
});

export const storeUsage: Resource = (api) => {
  api.openapi(getUsage, async (c) => {
    const { db, now } = c.env;
    const answer = await getEntitlements(db, c.var.store, features, await now());
    const meters = answer.features.filter((feature) => feature.featureType === 'quantitative');
    return c.json(toSnake(meters.map(toUsageMetric)), 200);
  });
};
