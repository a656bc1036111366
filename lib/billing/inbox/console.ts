import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { merchants, webhookEvents } from '@/db/schema';
import { type Act, type Actor, record } from '@/lib/billing/audit';
import { NotFound } from '@/lib/errors';
import { type Cursor, olderThan } from '@/lib/page';
import type { InboxRow } from './inbox-rows';
import { type InboxDeps, ignoreEvent, processStored } from './process';

export const inboxStatuses = ['received', 'processed', 'failed', 'dead', 'ignored'] as const;

export type InboxFilter = {
  status?: (typeof inboxStatuses)[number];
  type?: string;
  merchantId?: string;
  merchantIds?: string[];
  before?: Cursor;
  limit: number;
};

export type ListedEvent = Omit<InboxRow, 'payload'> & { merchantName: string | null };

/** The events, newest arrival first, by cursor. */
export async function listEvents(db: Db, filter: InboxFilter): Promise<ListedEvent[]> {
  const { payload: _payload, ...columns } = columnsOf();
  const where: (SQL | undefined)[] = [
    // Written out, of a closed list: only so a cached plan knows that the index of what is not processed holds it.
    filter.status ? sql`${webhookEvents.status} = ${sql.raw(`'${filter.status}'`)}` : undefined,
    filter.type ? eq(webhookEvents.type, filter.type) : undefined,
    filter.merchantId ? eq(webhookEvents.merchantId, filter.merchantId) : undefined,
    filter.merchantIds ? inArray(webhookEvents.merchantId, filter.merchantIds) : undefined,
    olderThan(webhookEvents.receivedAt, webhookEvents.id, filter.before),
  ];
  return db
    .select({ ...columns, merchantName: merchants.name })
    .from(webhookEvents)
    .leftJoin(merchants, eq(merchants.id, webhookEvents.merchantId))
    .where(and(...where))
    .orderBy(desc(webhookEvents.receivedAt), desc(webhookEvents.id))
    .limit(filter.limit);
}

const columnsOf = () => ({
  id: webhookEvents.id,
  type: webhookEvents.type,
  status: webhookEvents.status,
  reason: webhookEvents.reason,
  attempts: webhookEvents.attempts,
  nextAttemptAt: webhookEvents.nextAttemptAt,
  errorCode: webhookEvents.errorCode,
  errorDetails: webhookEvents.errorDetails,
  objectId: webhookEvents.objectId,
  stripeCustomerId: webhookEvents.stripeCustomerId,
  merchantId: webhookEvents.merchantId,
  apiVersion: webhookEvents.apiVersion,
  payload: webhookEvents.payload,
  changes: webhookEvents.changes,
  createdAt: webhookEvents.createdAt,
  receivedAt: webhookEvents.receivedAt,
  processedAt: webhookEvents.processedAt,
});

/** One event with its payload. @throws NotFound */
export async function getEvent(db: Db, id: string): Promise<InboxRow> {
  const [row] = await db.select().from(webhookEvents).where(eq(webhookEvents.id, id));
  if (!row) throw new NotFound('event', id);
  return row;
}

/** Processes an event again, whatever its status: it only brings our rows to Stripe's state. Audited. @throws NotFound */
export async function replayEvent(db: Db, deps: InboxDeps, id: string, actor: Actor): Promise<InboxRow> {
  const before = await getEvent(db, id);
  await processStored(db, deps, id, { again: true });
  const after = await getEvent(db, id);
  await db.transaction((tx) => noteAct(tx, { actor, now: deps.now }, 'event.replayed', before, after));
  return after;
}

/** Replays all that failed or waits as dead, oldest first, at most a thousand. */
export async function replayFailed(
  db: Db,
  deps: InboxDeps,
  actor: Actor,
): Promise<{ replayed: number; left: number }> {
  const waiting = await db
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(inArray(webhookEvents.status, ['failed', 'dead']))
    .orderBy(webhookEvents.receivedAt)
    .limit(1000);
  let left = 0;
  for (const { id } of waiting) {
    const row = await replayEvent(db, deps, id, actor);
    if (row.status === 'failed' || row.status === 'dead') left++;
  }
  return { replayed: waiting.length, left };
}

/** Sets an event that waits aside, with a reason. One that is done already stays as it is. @throws NotFound */
export async function setEventAside(
  db: Db,
  id: string,
  reason: string,
  actor: Actor,
  now: Date,
): Promise<InboxRow> {
  const before = await getEvent(db, id);
  await db.transaction(async (tx) => {
    const ignored = await ignoreEvent(tx, id, reason);
    if (ignored) await noteAct(tx, { actor, now }, 'event.ignored', before, ignored, reason);
  });
  return getEvent(db, id);
}

const noteAct = (
  tx: Tx,
  act: Act,
  action: string,
  { id, merchantId, ...before }: InboxRow,
  after: InboxRow,
  reason?: string,
) =>
  record(
    tx,
    act,
    action,
    { id, merchantId: after.merchantId ?? merchantId },
    {
      before: { status: before.status, error: before.errorCode },
      after: { status: after.status, error: after.errorCode },
      reason,
    },
  );

/** How many events stand in each status that wants a look. One index scan. */
export async function countWaiting(db: Db): Promise<Record<string, number>> {
  const rows = await db
    .select({ status: webhookEvents.status, count: sql<string>`count(*)` })
    .from(webhookEvents)
    .where(inArray(webhookEvents.status, ['received', 'failed', 'dead']))
    .groupBy(webhookEvents.status);
  return Object.fromEntries(rows.map((row) => [row.status, Number(row.count)]));
}
