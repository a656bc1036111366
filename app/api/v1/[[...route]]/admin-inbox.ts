import { z } from '@hono/zod-openapi';
import { getEvent, inboxStatuses, listEvents, replayEvent, setEventAside } from '@/lib/billing/inbox/console';
import type { InboxRow } from '@/lib/billing/inbox/inbox-rows';
import { isLiveMode } from '@/lib/env';
import { errorTexts } from '@/lib/i18n/translate-error';
import { readCursor } from '@/lib/page';
import { findStripe } from '@/lib/stripe/client';
import { body, instant, iso, pageAnswer, pageOf, pageQuery, routesOf } from './contract';
import { asAdmin, asStaff } from './guards';
import type { Resource } from './resource';

const route = routesOf('Admin');
const path = '/admin/webhook-events';
const params = z.object({ id: z.string() });

const rowShape = z
  .object({
    id: z.string(),
    type: z.string(),
    status: z.enum(inboxStatuses),
    reason: z.string().nullable(),
    attempts: z.number().int(),
    next_attempt_at: instant.nullable(),
    error: z.string().nullable(),
    created_at: instant,
    received_at: instant,
    processed_at: instant.nullable(),
    merchant_id: z.string().nullable(),
    changes: z.array(
      z.object({ entity: z.string(), id: z.string(), before: z.unknown(), after: z.unknown() }),
    ),
  })
  .openapi('WebhookEvent');
const wholeShape = rowShape.extend({ payload: z.record(z.string(), z.unknown()) });

const sayFailure = ({ errorCode, errorDetails }: Pick<InboxRow, 'errorCode' | 'errorDetails'>) =>
  errorCode && errorTexts('en').failure({ errorCode, errorDetails: errorDetails ?? {} });

const present = (row: Omit<InboxRow, 'payload'>): z.infer<typeof rowShape> => ({
  id: row.id,
  type: row.type,
  status: row.status,
  reason: row.reason ?? (row.status === 'ignored' ? sayFailure(row) : null),
  attempts: row.attempts,
  next_attempt_at: iso(row.nextAttemptAt),
  error: row.status === 'ignored' && !row.reason ? null : sayFailure(row),
  created_at: row.createdAt.toISOString(),
  received_at: row.receivedAt.toISOString(),
  processed_at: iso(row.processedAt),
  merchant_id: row.merchantId,
  changes: row.changes,
});

const list = route('get', path, {
  summary: 'The webhook inbox',
  by: asStaff,
  request: {
    query: pageQuery.extend({
      status: z.enum(inboxStatuses).optional(),
      type: z.string().optional(),
      merchant: z.string().optional(),
    }),
  },
  200: [pageOf(rowShape), 'A page of events, newest first'],
});

const get = route('get', `${path}/{id}`, {
  summary: 'One event with its payload and what it changed',
  by: asStaff,
  request: { params },
  200: [wholeShape, 'The event'],
});

const replay = route('post', `${path}/{id}/replay`, {
  summary: 'Process it again',
  by: asAdmin,
  request: { params },
  200: [rowShape, 'The event as it is now'],
});

const ignore = route('post', `${path}/{id}/ignore`, {
  summary: 'Set an event that waits aside',
  by: asAdmin,
  request: { params, body: body(z.strictObject({ reason: z.string().trim().min(1).max(500) })) },
  200: [rowShape, 'The event as it is now'],
});

export const adminInbox: Resource = (api) => {
  api.openapi(list, async (c) => {
    const { limit, cursor, merchant, ...filter } = c.req.valid('query');
    const rows = await listEvents(c.env.db, {
      ...filter,
      merchantId: merchant,
      limit: limit + 1,
      before: readCursor(cursor),
    });
    return c.json(
      pageAnswer(rows, limit, (row) => row.receivedAt, present),
      200,
    );
  });

  api.openapi(get, async (c) => {
    const row = await getEvent(c.env.db, c.req.valid('param').id);
    return c.json({ ...present(row), payload: row.payload }, 200);
  });

  api.openapi(replay, async (c) => {
    const livemode = isLiveMode();
    const deps = { stripe: findStripe(), livemode, now: await c.env.now() };
    return c.json(
      present(await replayEvent(c.env.db, deps, c.req.valid('param').id, c.var.caller.actor)),
      200,
    );
  });

  api.openapi(ignore, async (c) => {
    const { id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    return c.json(
      present(await setEventAside(c.env.db, id, reason, c.var.caller.actor, await c.env.now())),
      200,
    );
  });
};
