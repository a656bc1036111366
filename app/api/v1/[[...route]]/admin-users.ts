import { z } from '@hono/zod-openapi';
import { toSnake } from '@/lib/dialect';
import { readCursor } from '@/lib/page';
import { getMerchantUserStats, listMerchantUsers } from '@/lib/tenancy/merchant-list';
import { instant, pageAnswer, pageOf, pageQuery, routesOf } from './contract';
import { asStaff } from './guards';
import type { Resource } from './resource';

const route = routesOf('Admin');

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

const list = route('get', '/admin/merchant-users', {
  summary: 'Owners and team members, everybody once',
  by: asStaff,
  request: {
    query: pageQuery.extend({
      role: z.enum(['owner', 'member']).optional(),
      merchant: z.string().optional(),
      search: z.string().max(100).optional(),
    }),
  },
  200: [pageOf(userShape), 'A page of people'],
});

const stats = route('get', '/admin/merchant-users/stats', {
  summary: 'How many of each; owners + team_members = total',
  by: asStaff,
  request: { query: z.object({ merchant: z.string().optional() }) },
  200: [
    z.object({ total: z.number().int(), owners: z.number().int(), team_members: z.number().int() }),
    'The counts',
  ],
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
