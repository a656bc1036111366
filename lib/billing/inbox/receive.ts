import { and, eq, inArray, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import type { Act } from '@/lib/billing/audit';
import { type Ignored, Moved, type Outcome } from '@/lib/billing/mirror/mirror';
import { failureOf } from '@/lib/failure';
import { log } from '@/lib/log';
import { PaymentsNotConfigured } from '@/lib/stripe/errors';
import { type Effect, findEffect } from './effects';
import { createdAt, eventShape, parseEvent, reasonToIgnore, rowOf, type StripeEvent, whoseIs } from './event';

export type InboxRow = typeof webhookEvents.$inferSelect;
type Settled = Exclude<Outcome, { kind: 'settle' }>;

/** After so many tries an event waits as dead for a person. */
const MAX_ATTEMPTS = 10;
/** Seconds until the next try, by tries made. */
const BACKOFF_S = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200];

/** What processing needs beside the database. `stripe` null = payments are not configured. */
export type InboxDeps = {
  stripe: Stripe | null;
  livemode: boolean;
  now: Date;
  /** Only that it rang counts, not what it carries: an event of Stripe's list has the shape of the account's version. */
  isDoorbell?: boolean;
};

/**
 * Takes one delivered event, its signature already verified: stores it and applies it in one transaction, under the
 * customer's lock. Idempotent by event id: a processed one changes nothing, an unprocessed one is helped along. What
 * cannot be applied now stays stored as failed and is retried by the worker. Throws only when storing fails (then Stripe
 * retries) or the body is no event.
 */
export async function receiveEvent(
  db: Db,
  deps: InboxDeps,
  body: string,
): Promise<Pick<InboxRow, 'id' | 'status'>> {
  const event = parseEvent(body);
  const reason = reasonToIgnore(event, deps.livemode);
  try {
    // Reading the carried object may fail too: then it is a failed event like any other.
    const effect = reason ? null : findEventEffect(event);
    if (!effect) return await storeIgnored(db, event, reason ?? unknownType(event));
    if (
      !deps.isDoorbell &&
      (await effect.quick?.(db, createdAt(event), contextOf(event, deps), rowOf(event)))
    ) {
      return { id: event.id, status: 'processed' };
    }
    const keep = (tx: Tx, settled: Settled) => store(tx, event, settled);
    const fast = await applyCarried(db, deps, event, effect, keep);
    if (fast) return { id: event.id, status: fast };
    const known = await findEvent(db, event.id);
    if (known)
      return known.status === 'processed' || known.status === 'ignored'
        ? known
        : helpAlong(db, deps, known.id);
    const outcome = await settleEffect(db, deps, event, effect, keep);
    return { id: event.id, status: statusOf(outcome) };
  } catch (error) {
    if (error instanceof Duplicate) return helpAlong(db, deps, event.id);
    return storeFailed(db, event, error);
  }
}

class Duplicate extends Error {}
class MustSettle extends Error {}

/** The hot path: the event's own snapshot is strictly newer. Null when it must be settled by fetching. */
async function applyCarried(
  db: Db,
  deps: InboxDeps,
  event: StripeEvent,
  effect: Effect,
  keep: (tx: Tx, outcome: Settled) => Promise<void>,
): Promise<'processed' | 'ignored' | null> {
  const { apply } = effect;
  if (!apply || deps.isDoorbell) return null;
  try {
    return await db.transaction(async (tx) => {
      const outcome = await apply(tx, { at: createdAt(event) }, contextOf(event, deps));
      if (outcome.kind === 'settle') throw new MustSettle();
      await keep(tx, outcome);
      return statusOf(outcome);
    });
  } catch (error) {
    if (error instanceof MustSettle || error instanceof Moved) return null;
    throw error;
  }
}

async function settleEffect(
  db: Db,
  deps: InboxDeps,
  event: StripeEvent,
  effect: Effect,
  keep: (tx: Tx, outcome: Settled) => Promise<void>,
): Promise<Settled> {
  if (!deps.stripe) throw new PaymentsNotConfigured();
  return effect.settle(db, deps.stripe, contextOf(event, deps), keep);
}

const contextOf = (event: StripeEvent, deps: InboxDeps): Act => ({
  actor: { kind: 'stripe', id: event.id },
  now: deps.now,
});

const statusOf = (outcome: Settled): 'processed' | 'ignored' =>
  outcome.kind === 'applied' ? 'processed' : 'ignored';

const findEventEffect = (event: StripeEvent): Effect | null =>
  event.data
    ? findEffect(event.type, event.data.object, {
        type: event.type,
        previous: event.data.previous_attributes,
      })
    : null;

/** Stores the event with what became of it, in the transaction that applied it. Throws Duplicate when it is stored. */
async function store(tx: Tx, event: StripeEvent, outcome: Settled): Promise<void> {
  const written = await tx
    .insert(webhookEvents)
    .values({ ...rowOf(event), ...resultOf(event, outcome), attempts: 1 })
    .onConflictDoNothing()
    .returning({ id: webhookEvents.id });
  if (written.length === 0) throw new Duplicate();
}

const resultOf = (event: StripeEvent, outcome: Settled) => ({
  status: statusOf(outcome),
  reason: null,
  errorCode: outcome.kind === 'ignored' ? outcome.code : null,
  errorDetails: outcome.kind === 'ignored' ? (outcome.details ?? {}) : null,
  changes: outcome.kind === 'applied' ? outcome.changes : [],
  merchantId: outcome.kind === 'applied' ? outcome.merchantId : whoseIs(event),
  nextAttemptAt: null,
  processedAt: new Date(),
});

const unknownType = (event: StripeEvent): Ignored => ({
  code: 'unknown_type',
  details: { type: event.type },
});

async function storeIgnored(db: Db, event: StripeEvent, why: Ignored) {
  await db
    .insert(webhookEvents)
    .values({ ...rowOf(event), ...resultOf(event, { kind: 'ignored', ...why }), attempts: 1 })
    .onConflictDoNothing();
  return { id: event.id, status: 'ignored' as const };
}

async function storeFailed(db: Db, event: StripeEvent, error: unknown) {
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

async function findEvent(db: Db, id: string): Promise<Pick<InboxRow, 'id' | 'status'> | null> {
  const [row] = await db
    .select({ id: webhookEvents.id, status: webhookEvents.status })
    .from(webhookEvents)
    .where(eq(webhookEvents.id, id));
  return row ?? null;
}

/** A duplicate of an event that is not done yet: try it now. */
async function helpAlong(db: Db, deps: InboxDeps, id: string): Promise<Pick<InboxRow, 'id' | 'status'>> {
  const known = await findEvent(db, id);
  if (!known || known.status === 'processed' || known.status === 'ignored')
    return known ?? { id, status: 'processed' };
  return processStored(db, deps, id);
}

/**
 * Tries a stored event again: the worker's retry, a person's replay, a duplicate's help. Two at once do the work once. A
 * processed event stays as it is unless `again` (a replay: convergent, it only brings rows to Stripe's state). `inOrder`:
 * the customer's other events follow, so that what the event itself carries is enough while it is the newest.
 */
export async function processStored(
  db: Db,
  deps: InboxDeps,
  id: string,
  options: { again?: boolean; inOrder?: boolean } = {},
): Promise<Pick<InboxRow, 'id' | 'status'>> {
  const [row] = await db.select().from(webhookEvents).where(eq(webhookEvents.id, id));
  if (!row) return { id, status: 'ignored' };
  if (!options.again && (row.status === 'processed' || row.status === 'ignored')) return row;
  const event = eventShape.parse(row.payload);
  const reason = reasonToIgnore(event, deps.livemode);
  const keep = async (tx: Tx, outcome: Settled) => {
    const result = resultOf(event, outcome);
    const mine = eq(webhookEvents.id, id);
    // Somebody may have done it while we fetched: what that changed stays told.
    const [kept = row] = await tx.select().from(webhookEvents).where(mine).for('update');
    const changes = [...kept.changes, ...result.changes];
    const done = !options.again && (kept.status === 'processed' || kept.status === 'ignored');
    await tx
      .update(webhookEvents)
      .set(done ? { changes } : { ...result, changes, attempts: kept.attempts + 1 })
      .where(mine);
  };
  try {
    const effect = reason ? null : findEventEffect(event);
    if (!effect) {
      const outcome: Settled = { kind: 'ignored', ...(reason ?? unknownType(event)) };
      await db.transaction((tx) => keep(tx, outcome));
      return { id, status: 'ignored' };
    }
    const fast = !options.inOrder ? null : await applyCarried(db, deps, event, effect, keep);
    if (fast) return { id, status: fast };
    const outcome = await settleEffect(db, deps, event, effect, keep);
    return { id, status: statusOf(outcome) };
  } catch (error) {
    return keepFailure(db, row, event, error);
  }
}

async function keepFailure(db: Db, row: InboxRow, event: StripeEvent, error: unknown) {
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

/** Sets aside an event that waits, with a person's reason. */
export async function ignoreEvent(db: Tx, id: string, reason: string): Promise<InboxRow | null> {
  const [row] = await db
    .update(webhookEvents)
    .set({ status: 'ignored', reason, nextAttemptAt: null, processedAt: sql`now()` })
    .where(and(eq(webhookEvents.id, id), inArray(webhookEvents.status, ['received', 'failed', 'dead'])))
    .returning();
  return row ?? null;
}
