import { createRoute, z } from '@hono/zod-openapi';
import { toSnake } from '@/lib/dialect';
import { readCursor } from '@/lib/page';
import { getMerchantUserStats, listMerchantUsers } from '@/lib/tenancy/merchant-list';
import { answers, instant, pageAnswer, pageOf, pageQuery, refusals } from './contract';
import { asStaff } from './guards';
import type { Resource } from './resource';

const tags = ['Admin'];

const userShape = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(['owner', 'member']),
    merchant_id: z.string(),
    merchant_name: z.string(),
    created_at: instant,
  })
  .openapi('MerchantUser');

const list = createRoute({
  method: 'get',
  path: '/admin/merchant-users',
  tags,
  summary: 'Owners and team members, everybody once',
  middleware: asStaff,
  request: {
    query: pageQuery.extend({
      role: z.enum(['owner', 'member']).optional(),
      merchant: z.string().optional(),
      search: z.string().max(100).optional(),
    }),
  },
  responses: { 200: answers(pageOf(userShape), 'A page of people'), ...refusals },
});

const stats = createRoute({
  method: 'get',
  path: '/admin/merchant-users/stats',
  tags,
  summary: 'How many of each; owners + team_members = total',
  middleware: asStaff,
  request: { query: z.object({ merchant: z.string().optional() }) },
  responses: {
    200: answers(
      z.object({ total: z.number().int(), owners: z.number().int(), team_members: z.number().int() }),
      'The counts',
    ),
    ...refusals,
  },
});

export const adminUsers: Resource = (api) => {
  api.openapi(list, async (c) => {
    const { limit, cursor, merchant, ...filter } = c.req.valid('query');
    const rows = await listMerchantUsers(c.env.db, {
      ...filter,
      merchantId: merchant,
      limit: limit + 1,
      before: readCursor(cursor),
    });
    const present = (row: (typeof rows)[number]) => ({
      id: row.userId,
      name: row.name,
      email: row.email,
      role: row.role,
      merchant_id: row.merchantId,
      merchant_name: row.merchantName,
      created_at: row.createdAt.toISOString(),
    });
    return c.json(
      pageAnswer(
        rows.map((row) => ({ ...row, id: row.userId })),
        limit,
        (row) => row.createdAt,
        present,
      ),
      200,
    );
  });

  api.openapi(stats, async (c) => {
    return c.json(toSnake(await getMerchantUserStats(c.env.db, c.req.valid('query').merchant)), 200);
  });
};
