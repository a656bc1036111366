import { z } from '@hono/zod-openapi';
import { endOverride } from '@/lib/billing/entitlements/override-end';
import { overrideInput } from '@/lib/billing/entitlements/override-input';
import { listOverrides, type OverrideRow } from '@/lib/billing/entitlements/override-lists';
import { saveOverrides } from '@/lib/billing/entitlements/overrides';
import { toSnake } from '@/lib/dialect';
import { features } from '@/lib/features';
import { input, instant, platformQuery, routesOf } from './contract';
import { asAdmin, asStaff, merchantAccount } from './guards';
import type { Resource } from './resource';

const path = '/admin/subscriptions/features/merchants/{id}/overrides';
const route = routesOf('Admin: features');
const merchantId = z.object({ id: z.string() });

const override = z
  .object({
    id: z.string(),
    feature_code: z.string(),
    limit_value: z
      .number()
      .int()
      .nullable()
      .optional()
      .openapi({ description: 'null = unlimited; absent = the tier’s limit stays' }),
    enabled: z.boolean().nullable().openapi({ description: 'null = as in the tier' }),
    reason: z.string(),
    author: z.string(),
    starts_at: instant.nullable(),
    expires_at: instant.nullable(),
    ended_at: instant.nullable(),
    ended_by: z.string().nullable(),
    created_at: instant,
  })
  .openapi('Override');

const getOverrides = route('get', path, {
  summary: 'The exceptions of a merchant; `history=1` with those that ended',
  by: asStaff,
  request: { params: merchantId, query: platformQuery.extend({ history: z.enum(['0', '1']).optional() }) },
  200: [z.array(override), 'Newest first'],
});

const putOverrides = route('put', path, {
  summary: 'Writes the exceptions named; others stay. Holds at once',
  by: asAdmin,
  request: {
    params: merchantId,
    query: platformQuery,
    body: input(z.array(overrideInput).min(1).max(200)),
  },
  200: [z.array(override), 'All that stand'],
});

const deleteOverride = route('delete', `${path}/{feature_code}`, {
  summary: 'Ends an exception',
  by: asAdmin,
  request: { params: merchantId.extend({ feature_code: z.string() }), query: platformQuery },
  200: [override, 'The one that ended'],
});

export const overrideAdmin: Resource = (api) => {
  api.openapi(getOverrides, async (c) => {
    const { platform, history } = c.req.valid('query');
    const account = await merchantAccount(c.env.db, c.req.valid('param').id, platform);
    const rows = await listOverrides(c.env.db, account, { history: history === '1' });
    return c.json(rows.map(toShape), 200);
  });
  api.openapi(putOverrides, async (c) => {
    const { db } = c.env;
    const account = await merchantAccount(db, c.req.valid('param').id, c.req.valid('query').platform);
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    const rows = await saveOverrides(db, account, c.req.valid('json'), features, context);
    return c.json(rows.map(toShape), 200);
  });
  api.openapi(deleteOverride, async (c) => {
    const { db } = c.env;
    const { id, feature_code: featureCode } = c.req.valid('param');
    const account = await merchantAccount(db, id, c.req.valid('query').platform);
    const context = { actor: c.var.caller.actor, now: await c.env.now() };
    return c.json(toShape(await endOverride(db, account, featureCode, context)), 200);
  });
};

function toShape(row: OverrideRow) {
  const { id, featureCode, limitValue, enabled, reason, author } = row;
  const { startsAt, expiresAt, endedAt, endedBy, createdAt } = row;
  const times = { startsAt, expiresAt, endedAt, endedBy, createdAt };
  const limit = row.hasLimit ? { limitValue } : {};
  return toSnake({ id, featureCode, ...limit, enabled, reason, author, ...times });
}
