import { z } from '@hono/zod-openapi';
import { getPlatformOrDefault } from '@/lib/billing/accounts';
import { deleteTier } from '@/lib/billing/plans/tier-delete';
import { createTier, updateTier } from '@/lib/billing/plans/tier-edit';
import { newTierInput, tierPatch } from '@/lib/billing/plans/tier-input';
import { countSubscribers, listTiers, type Tier } from '@/lib/billing/plans/tiers';
import { input, routesOf } from './contract';
import type { Asked } from './environment';
import { asAdmin, asStaff } from './guards';
import type { Resource } from './resource';
import { presentTier, tierShape } from './subscription-shape';

const route = routesOf('Admin');
const path = '/admin/subscriptions/tiers';
const query = z.object({
  platform: z
    .string()
    .optional()
    .openapi({ description: 'Id or code; default: the only one, else `market`' }),
});
const params = z.object({ code: z.string() });

const list = route('get', path, {
  summary: 'All tiers of a platform',
  by: asStaff,
  request: { query },
  200: [z.array(tierShape), 'In their order'],
});

const create = route('post', path, {
  summary: 'Make a tier',
  by: asAdmin,
  request: { query, body: input(newTierInput) },
  201: [tierShape, 'The tier'],
});

const patch = route('patch', `${path}/{code}`, {
  summary: 'Change a tier; what is not named stays',
  by: asAdmin,
  request: { query, params, body: input(tierPatch) },
  200: [tierShape, 'The tier'],
});

const remove = route('delete', `${path}/{code}`, {
  summary: 'Delete a tier that nobody ever had',
  by: asAdmin,
  request: {
    query: query.extend({
      revision: z.coerce.number().int().optional().openapi({ description: 'Refused when it is not current' }),
    }),
    params,
  },
  200: [tierShape, 'The tier as it was'],
});

export const adminTiers: Resource = (api) => {
  api.openapi(list, async (c) => {
    const platform = await getPlatformOrDefault(c.env.db, c.req.valid('query').platform);
    const tiers = await listTiers(c.env.db, platform.id);
    return c.json(await present(c, platform, tiers), 200);
  });

  api.openapi(create, async (c) => {
    const platform = await getPlatformOrDefault(c.env.db, c.req.valid('query').platform);
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    const tier = await createTier(c.env.db, platform.id, c.req.valid('json'), context);
    return c.json(one(await present(c, platform, [tier])), 201);
  });

  api.openapi(patch, async (c) => {
    const platform = await getPlatformOrDefault(c.env.db, c.req.valid('query').platform);
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    const tier = await updateTier(
      c.env.db,
      platform.id,
      c.req.valid('param').code,
      c.req.valid('json'),
      context,
    );
    return c.json(one(await present(c, platform, [tier])), 200);
  });

  api.openapi(remove, async (c) => {
    const { platform: named, revision } = c.req.valid('query');
    const platform = await getPlatformOrDefault(c.env.db, named);
    const context = { actor: c.var.caller.actor, now: await c.env.now(), revision };
    const tier = await deleteTier(c.env.db, platform.id, c.req.valid('param').code, context);
    return c.json(one(await present(c, platform, [tier])), 200);
  });
};

async function present(c: Asked, platform: { code: string; defaultCurrency: string }, tiers: Tier[]) {
  const counts = await countSubscribers(
    c.env.db,
    tiers.map((tier) => tier.id),
  );
  const of = { platformCode: platform.code, currency: platform.defaultCurrency };
  return tiers.map((tier) => presentTier(tier, { ...of, subscribers: counts.get(tier.id) ?? 0 }));
}

function one<T>(list_: T[]): T {
  const [first] = list_;
  if (first === undefined) throw new Error('nothing to answer with');
  return first;
}
