import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { resolveFeature } from '@/lib/billing/entitlements/entitlements';
import { checkFlag, checkRoom } from '@/lib/billing/entitlements/room';
import { getStoreOf, releaseUsage, reportUsage } from '@/lib/billing/entitlements/usage-reports';
import { getFeature, getMetered, isMetered, type Metered } from '@/lib/billing/features';
import { toSnake } from '@/lib/dialect';
import { invalid } from '@/lib/errors';
import { features } from '@/lib/features';
import { runOnce } from '@/lib/once';
import { body, idempotencyHeader, routesOf } from './contract';
import type { CallerEnv } from './environment';
import { asMachine, machineFacts } from './guards';
import type { Resource } from './resource';
import { accountNames, featureSummary, unlock } from './shapes';

const route = routesOf('Entitlements');

const usageInput = accountNames.extend({
  feature: z.string().min(1),
  quantity: z.number().default(1).openapi({ type: 'integer', minimum: 1, maximum: 1_000_000_000 }),
  store: z.string().min(1).optional().openapi({ description: 'Code or id of the store that uses it' }),
});

type UsageInput = z.output<typeof usageInput>;

const usageAnswer = z.object({ feature: featureSummary });

const check = route('post', '/check', {
  summary: 'Whether so much more would be allowed; takes nothing',
  by: asMachine,
  request: { body: body(usageInput) },
  200: [
    z.object({
      allowed: z.boolean(),
      feature: featureSummary,
      reason: z.enum(['limit_reached', 'feature_not_in_plan']).optional(),
      unlock: z.array(unlock).optional(),
    }),
    'The answer, also when it is no',
  ],
});

const report = route('post', '/usage', {
  summary: 'Takes units that live outside of Tierline',
  by: asMachine,
  request: { body: body(usageInput), headers: idempotencyHeader },
  200: [usageAnswer, 'Taken'],
});

const giveBack = route('post', '/usage/release', {
  summary: 'Gives reported units back',
  by: asMachine,
  request: { body: body(usageInput), headers: idempotencyHeader },
  200: [usageAnswer, 'Given back'],
});

export const usage: Resource = (api) => {
  api.openapi(check, async (c) => {
    const input = c.req.valid('json');
    const { db } = c.env;
    const now = await c.env.now();
    const { account, facts } = await machineFacts(c, input, now);
    const feature = getFeature(features, input.feature);
    if (feature.kind === 'grant') throw invalid('feature', 'not_counted', 'is granted, not counted');
    const refusal = isMetered(feature)
      ? await checkRoom(db, account, feature, input.quantity, now)
      : await checkFlag(db, account, feature, now);
    const summary = resolveFeature(facts, feature, now);
    const shown = toSnake(summary);
    if (!refusal) return c.json({ allowed: true, feature: shown }, 200);
    const reason: 'limit_reached' | 'feature_not_in_plan' = summary.enabled
      ? 'limit_reached'
      : 'feature_not_in_plan';
    return c.json({ allowed: false, feature: shown, reason, unlock: refusal.facts.unlock }, 200);
  });
  api.openapi(report, async (c) => c.json(await write(c, c.req.valid('json'), reportUsage), 200));
  api.openapi(giveBack, async (c) => c.json(await write(c, c.req.valid('json'), releaseUsage), 200));
};

async function write(
  c: Pick<Context<CallerEnv>, 'env' | 'req' | 'var' | 'header'>,
  input: UsageInput,
  verb: typeof reportUsage,
) {
  const now = await c.env.now();
  const { account } = await machineFacts(c, input, now);
  const feature: Metered = getMetered(features, input.feature);
  const { actor } = c.var.caller;
  const call = {
    scope: `${actor.kind}:${actor.id}:${c.req.path}`,
    key: c.req.header('idempotency-key'),
    body: input,
  };
  const { answer, replayed } = await runOnce(c.env.db, call, async (tx) => {
    const storeId = input.store ? (await getStoreOf(tx, account, input.store)).id : null;
    await verb(tx, account, feature, { quantity: input.quantity, storeId, actor, now });
    const facts = await loadEntitlementFacts(tx, account, now);
    return { feature: toSnake(resolveFeature(facts, feature, now)) };
  });
  if (replayed) c.header('Idempotent-Replayed', 'true');
  return answer;
}
