import { z } from '@hono/zod-openapi';
import { toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { toSnake } from '@/lib/dialect';
import { features } from '@/lib/features';
import { instant, iso, routesOf } from './contract';
import { asMachine, machineFacts } from './guards';
import type { Resource } from './resource';
import { accountNames, featureSummary, status } from './shapes';

const route = routesOf('Entitlements');

const getEntitlements = route('get', '/entitlements', {
  summary: 'What a merchant may do on a platform, and what it uses',
  by: asMachine,
  request: { query: accountNames },
  200: [
    z.object({
      merchant: z.string(),
      platform: z.string(),
      status,
      tier: z.object({ code: z.string(), name: z.string() }).nullable(),
      period: z.object({ start: instant, end: instant }),
      features: z.array(featureSummary),
    }),
    'Every feature, resolved',
  ],
});

export const entitlements: Resource = (api) => {
  api.openapi(getEntitlements, async (c) => {
    const now = await c.env.now();
    const { facts } = await machineFacts(c, c.req.valid('query'), now);
    const answer = toEntitlements(facts, features, now);
    return c.json(
      {
        merchant: facts.merchantId,
        platform: facts.platform.code,
        status: answer.status,
        tier: answer.tier && { code: answer.tier.code, name: answer.tier.name },
        period: { start: iso(answer.period.start), end: iso(answer.period.end) },
        features: toSnake(answer.features),
      },
      200,
    );
  });
};
