import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import type { Act } from '@/lib/billing/audit';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { type Mirror, Moved, type Outcome } from './mirror';

/** Somebody else kept applying newer snapshots while we fetched; the worker tries again later. */
export class StillMoving extends Error {
  override name = 'StillMoving';
}

/**
 * Brings our rows to what Stripe says now about one object: read the row's number, fetch with no transaction open, lock,
 * compare; if it moved, again, a few times. Convergent and safe to repeat. `also` runs in the same transaction,
 * after the snapshot was applied or ignored.
 * @throws StripeUnavailable, StillMoving, and what the mirror's `apply` throws
 */
export function settle<Snapshot>(
  db: Db,
  stripe: Stripe,
  mirror: Mirror<Snapshot>,
  id: string,
  context: Act,
  also?: Also,
): Promise<Settled> {
  return inTurn(id, () => settleNow(db, stripe, mirror, id, context, also));
}

const TRIES = 5;

type Settled = Exclude<Outcome, { kind: 'settle' }>;
type Also = (tx: Tx, outcome: Settled) => Promise<void>;

/** On globalThis: pages, routes and the worker are separate module graphs of one process. */
const kept = globalThis as unknown as { tierlineTurns?: Map<string, Promise<unknown>> };
kept.tierlineTurns ??= new Map();
const turns = kept.tierlineTurns;

/**
 * One after the other per object within this process: the five events of one purchase ring at once, and would only make
 * each other fetch again. Other processes are kept apart by the sync number, as ever.
 */
async function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(id) ?? Promise.resolve()).then(work, work);
  const settled = mine.catch(() => {});
  turns.set(id, settled);
  try {
    return await mine;
  } finally {
    if (turns.get(id) === settled) turns.delete(id);
  }
}

async function settleNow<Snapshot>(
  db: Db,
  stripe: Stripe,
  mirror: Mirror<Snapshot>,
  id: string,
  context: Act,
  also?: Also,
): Promise<Settled> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    // Another process is at the same object: let it finish, and not all wait alike.
    if (attempt > 1) await sleep(Math.random() * 40 * attempt);
    const number = await mirror.syncNumber(db, id);
    const fetched = await callStripe(() => mirror.fetch(stripe, id)).catch((error) => {
      if (isMissing(error)) return null;
      throw error;
    });
    const outcome = await db
      .transaction(async (tx) => {
        const result: Outcome = fetched
          ? await mirror.apply(tx, fetched.snapshot, { at: fetched.at, fetchedAgainst: number }, context)
          : { kind: 'ignored', code: 'gone_at_stripe' };
        if (result.kind !== 'settle') await also?.(tx, result);
        return result;
      })
      .catch((error): Outcome => {
        if (error instanceof Moved) return { kind: 'settle' };
        throw error;
      });
    if (outcome.kind !== 'settle') return outcome;
  }
  throw new StillMoving(`${id} kept changing while it was fetched`);
}
