import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import type { Act } from '@/lib/billing/audit';
import { noteCatalogDrift } from '@/lib/billing/mirror/catalog';
import type { Mirror, Moment, Outcome } from '@/lib/billing/mirror/mirror';
import { closeSession, sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import type { EventRow } from '@/lib/billing/mirror/subscription-quick';

type Settled = Exclude<Outcome, { kind: 'settle' }>;

type Also = (tx: Tx, outcome: Settled) => Promise<void>;

/**
 * What an event asks for. `apply` takes the snapshot that the event carries; null = it carries none that may be used.
 * `settle` fetches instead. An event is a doorbell: it says that something changed, the mirror says what it is now.
 */
export type Effect = {
  objectId: string;
  apply: ((tx: Tx, moment: Moment, context: Act) => Promise<Outcome>) | null;
  settle(db: Db, stripe: Stripe, context: Act, also: Also): Promise<Settled>;
  /** The short way of what happens most; false when it is not that simple. Stores the event with it. */
  quick?(db: Db, at: Date, context: Act, event: EventRow): Promise<boolean>;
};

export type EffectOf = (object: Record<string, unknown>, event: EventFacts) => Effect;

export type EventFacts = { type: string; previous: Record<string, unknown> | undefined };

export function each(prefix: string, names: string[], effect: EffectOf): Record<string, EffectOf> {
  return Object.fromEntries(names.map((name) => [`${prefix}.${name}`, effect]));
}

/** The event carries the whole object. */
export function carried<S>(mirror: Mirror<S>): EffectOf {
  return (object) => {
    const objectId = z.string().parse(object.id);
    return {
      objectId,
      apply: (tx, moment, context) => mirror.apply(tx, mirror.read(object), moment, context),
      settle: (db, stripe, context, also) => settle(db, stripe, mirror, objectId, context, also),
    };
  };
}

/** The event names another object, which must be fetched. */
export function fetched<S>(
  mirror: Mirror<S>,
  nameOf: (object: Record<string, unknown>, event: EventFacts) => string | null,
): EffectOf {
  return (object, event) => {
    const objectId = nameOf(object, event);
    if (!objectId) return nothingToDo(String(object.id ?? 'unnamed'));
    return {
      objectId,
      apply: null,
      settle: (db, stripe, context, also) => settle(db, stripe, mirror, objectId, context, also),
    };
  };
}

/** A session for a subscription: fetch the subscription, and close the session in the same transaction. */
export function sessionEffect(object: Record<string, unknown>): Effect {
  const session = sessionMirror.read(object);
  const subscriptionId = session.subscriptionId;
  if (session.mode !== 'subscription' || !subscriptionId) return carried(sessionMirror)(object, NO_FACTS);
  return {
    objectId: session.id,
    apply: null,
    settle: (db, stripe, context, also) =>
      settle(db, stripe, subscriptionMirror, subscriptionId, context, async (tx, outcome) => {
        const closed = outcome.kind === 'applied' ? await closeSession(tx, session) : [];
        await also(
          tx,
          outcome.kind === 'applied' ? { ...outcome, changes: [...outcome.changes, ...closed] } : outcome,
        );
      }),
  };
}

const NO_FACTS: EventFacts = { type: '', previous: undefined };

export function catalogEffect(kind: 'price' | 'product'): EffectOf {
  return (object, event) => {
    const apply = async (tx: Tx, _moment: Moment, context: Act): Promise<Settled> => {
      const found = await noteCatalogDrift(tx, kind, object, event.type.endsWith('.deleted'), context.now);
      return found === null
        ? { kind: 'ignored', code: 'not_ours', details: { kind } }
        : { kind: 'applied', merchantId: null, changes: [] };
    };
    return local(String(object.id ?? ''), apply);
  };
}

export function nothingToDo(objectId: string): Effect {
  return local(objectId, async () => ({ kind: 'ignored', code: 'nothing_to_change' }));
}

function local(objectId: string, apply: (tx: Tx, moment: Moment, context: Act) => Promise<Settled>): Effect {
  return {
    objectId,
    apply,
    settle: (db, _stripe, context, also) =>
      db.transaction(async (tx) => {
        const outcome = await apply(tx, { at: context.now }, context);
        await also(tx, outcome);
        return outcome;
      }),
  };
}

export function idIn(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (value && typeof value === 'object' && 'id' in value && typeof value.id === 'string') return value.id;
  return null;
}
