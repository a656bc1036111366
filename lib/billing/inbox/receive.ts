import type { Db, Tx } from '@/db/client';
import { createdAt, parseEvent, reasonToIgnore, rowOf } from '@/lib/billing/inbox/event';
import {
  Duplicate,
  findEvent,
  type InboxRow,
  type Settled,
  statusOf,
  storeEvent,
  storeFailed,
  storeIgnored,
  unknownType,
} from './inbox-rows';
import {
  applyCarried,
  contextOf,
  findEventEffect,
  type InboxDeps,
  processStored,
  settleEffect,
} from './process';

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
    const keep = (tx: Tx, settled: Settled) => storeEvent(tx, event, settled);
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

/** A duplicate of an event that is not done yet: try it now. */
async function helpAlong(db: Db, deps: InboxDeps, id: string): Promise<Pick<InboxRow, 'id' | 'status'>> {
  const known = await findEvent(db, id);
  if (!known || known.status === 'processed' || known.status === 'ignored')
    return known ?? { id, status: 'processed' };
  return processStored(db, deps, id);
}
