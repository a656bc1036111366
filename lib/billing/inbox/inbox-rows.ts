import { and, eq, inArray } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import { rowOf, type StripeEvent, whoseIs } from '@/lib/billing/inbox/event';
import type { Ignored, Outcome } from '@/lib/billing/mirror/mirror';
import { failureOf } from '@/lib/failure';
import { log } from '@/lib/log';

export type InboxRow = typeof webhookEvents.$inferSelect;

export type Settled = Exclude<Outcome, { kind: 'settle' }>;

/** After so many tries an event waits as dead for a person. */
const MAX_ATTEMPTS = 10;

/** Seconds until the next try, by tries made. */
const BACKOFF_S = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200];

export class Duplicate extends Error {}

export const statusOf = (outcome: Settled): 'processed' | 'ignored' =>
  outcome.kind === 'applied' ? 'processed' : 'ignored';

/** Stores the event with what became of it, in the transaction that applied it. Throws Duplicate when it is stored. */
export async function storeEvent(tx: Tx, event: StripeEvent, outcome: Settled): Promise<void> {
  const written = await tx
    .insert(webhookEvents)
    .values({ ...rowOf(event), ...resultOf(event, outcome), attempts: 1 })
    .onConflictDoNothing()
    .returning({ id: webhookEvents.id });
  if (written.length === 0) throw new Duplicate();
}

export const resultOf = (event: StripeEvent, outcome: Settled) => ({
  status: statusOf(outcome),
  reason: null,
  errorCode: outcome.kind === 'ignored' ? outcome.code : null,
  errorDetails: outcome.kind === 'ignored' ? (outcome.details ?? {}) : null,
  changes: outcome.kind === 'applied' ? outcome.changes : [],
  merchantId: outcome.kind === 'applied' ? outcome.merchantId : whoseIs(event),
  nextAttemptAt: null,
  processedAt: new Date(),
});

export const unknownType = (event: StripeEvent): Ignored => ({
  code: 'unknown_type',
  details: { type: event.type },
});

export async function storeIgnored(db: Db, event: StripeEvent, why: Ignored) {
  await db
    .insert(webhookEvents)
    .values({ ...rowOf(event), ...resultOf(event, { kind: 'ignored', ...why }), attempts: 1 })
    .onConflictDoNothing();
  return { id: event.id, status: 'ignored' as const };
}

export async function storeFailed(db: Db, event: StripeEvent, error: unknown) {
  log.warn(
    { err: error, event: event.id, type: event.type },
    'event could not be applied; it will be retried',
  );
  await db
    .insert(webhookEvents)
    .values({
      ...rowOf(event),
      merchantId: whoseIs(event),
      status: 'failed',
      ...failureOf(error),
      attempts: 1,
      nextAttemptAt: after(1),
    })
    .onConflictDoNothing();
  return { id: event.id, status: 'failed' as const };
}

const after = (attempts: number): Date => new Date(Date.now() + (BACKOFF_S[attempts - 1] ?? 43_200) * 1000);

export async function findEvent(db: Db, id: string): Promise<Pick<InboxRow, 'id' | 'status'> | null> {
  const [row] = await db
    .select({ id: webhookEvents.id, status: webhookEvents.status })
    .from(webhookEvents)
    .where(eq(webhookEvents.id, id));
  return row ?? null;
}

export async function keepFailure(db: Db, row: InboxRow, event: StripeEvent, error: unknown) {
  const attempts = row.attempts + 1;
  const status = attempts >= MAX_ATTEMPTS ? ('dead' as const) : ('failed' as const);
  log.warn({ err: error, event: row.id, attempts, status }, 'event failed again');
  await db
    .update(webhookEvents)
    .set({
      status,
      // Its customer may have become known since.
      merchantId: row.merchantId ?? whoseIs(event),
      attempts,
      ...failureOf(error),
      nextAttemptAt: status === 'dead' ? null : after(attempts),
    })
    .where(and(eq(webhookEvents.id, row.id), inArray(webhookEvents.status, ['received', 'failed', 'dead'])));
  return { id: row.id, status };
}
