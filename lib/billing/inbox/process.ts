import { and, eq, inArray, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import type { Act } from '@/lib/billing/audit';
import type { Effect } from '@/lib/billing/inbox/effect';
import { findEffect } from '@/lib/billing/inbox/effects';
import { createdAt, eventShape, reasonToIgnore, type StripeEvent } from '@/lib/billing/inbox/event';
import { Moved } from '@/lib/billing/mirror/mirror';
import { PaymentsNotConfigured } from '@/lib/stripe/errors';
import { type InboxRow, keepFailure, resultOf, type Settled, statusOf, unknownType } from './inbox-rows';

/** What processing needs beside the database. `stripe` null = payments are not configured. */
export type InboxDeps = {
  stripe: Stripe | null;
  livemode: boolean;
  now: Date;
  /** Only that it rang counts, not what it carries: an event of Stripe's list has the shape of the account's version. */
  isDoorbell?: boolean;
};

class MustSettle extends Error {}

/** The hot path: the event's own snapshot is strictly newer. Null when it must be settled by fetching. */
export async function applyCarried(
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

export async function settleEffect(
  db: Db,
  deps: InboxDeps,
  event: StripeEvent,
  effect: Effect,
  keep: (tx: Tx, outcome: Settled) => Promise<void>,
): Promise<Settled> {
  if (!deps.stripe) throw new PaymentsNotConfigured();
  return effect.settle(db, deps.stripe, contextOf(event, deps), keep);
}

export const contextOf = (event: StripeEvent, deps: InboxDeps): Act => ({
  actor: { kind: 'stripe', id: event.id },
  now: deps.now,
});

export const findEventEffect = (event: StripeEvent): Effect | null =>
  event.data
    ? findEffect(event.type, event.data.object, {
        type: event.type,
        previous: event.data.previous_attributes,
      })
    : null;

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

/** Sets aside an event that waits, with a person's reason. */
export async function ignoreEvent(db: Tx, id: string, reason: string): Promise<InboxRow | null> {
  const [row] = await db
    .update(webhookEvents)
    .set({ status: 'ignored', reason, nextAttemptAt: null, processedAt: sql`now()` })
    .where(and(eq(webhookEvents.id, id), inArray(webhookEvents.status, ['received', 'failed', 'dead'])))
    .returning();
  return row ?? null;
}
