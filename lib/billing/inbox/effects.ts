import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import type { Act } from '@/lib/billing/audit';
import { noteCatalogDrift } from '@/lib/billing/mirror/catalog';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import type { Mirror, Moment, Outcome } from '@/lib/billing/mirror/mirror';
import { disputeMirror, refundMirror } from '@/lib/billing/mirror/money-back';
import { closeSession, sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { type EventRow, updateQuickly } from '@/lib/billing/mirror/subscription-quick';
import { findRecipient, queueEmail } from '@/lib/billing/notices';

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

type EffectOf = (object: Record<string, unknown>, event: EventFacts) => Effect;
export type EventFacts = { type: string; previous: Record<string, unknown> | undefined };

/** Every event type that means something to us; all others are stored as ignored. */
const effects: Record<string, EffectOf> = {
  ...each('customer.subscription', ['created', 'deleted', 'paused', 'resumed'], carried(subscriptionMirror)),
  'customer.subscription.updated': (object, event) => ({
    ...carried(subscriptionMirror)(object, event),
    quick: (db, at, context, row) => updateQuickly(db, subscriptionMirror.read(object), { at }, context, row),
  }),
  // What waited was paid for, or ran out: the payload shows the state before it, so only what Stripe says now counts.
  ...each(
    'customer.subscription',
    ['pending_update_applied', 'pending_update_expired'],
    fetched(subscriptionMirror, (object) => idIn(object.id)),
  ),
  'customer.subscription.trial_will_end': withNotice(carried(subscriptionMirror), noticeTrialEnding),
  ...each(
    'invoice',
    [
      'created',
      'updated',
      'finalized',
      'finalization_failed',
      'paid',
      'payment_succeeded',
      'payment_failed',
      'payment_action_required',
      'overdue',
      'voided',
      'marked_uncollectible',
    ],
    carried(invoiceMirror),
  ),
  // A part payment: no other event is promised for it.
  'invoice_payment.paid': fetched(invoiceMirror, (object) => idIn(object.invoice)),
  // It has no id and its lines have temporary ones (stripe.md 28): kept, nothing to mirror.
  'invoice.upcoming': () => nothingToDo('upcoming'),
  ...each(
    'checkout.session',
    ['completed', 'async_payment_succeeded', 'async_payment_failed', 'expired'],
    sessionEffect,
  ),
  ...each('customer', ['created', 'updated', 'deleted'], carried(customerMirror)),
  ...each(
    'customer.tax_id',
    ['created', 'updated', 'deleted'],
    fetched(customerMirror, (object) => idIn(object.customer)),
  ),
  ...each(
    'payment_method',
    ['attached', 'updated', 'detached', 'automatically_updated'],
    // A detached method has no customer any more: the old one is in previous_attributes (stripe.md 34).
    fetched(customerMirror, (object, event) => idIn(object.customer) ?? idIn(event.previous?.customer)),
  ),
  ...each(
    'subscription_schedule',
    ['created', 'updated', 'released', 'completed', 'canceled', 'aborted', 'expiring'],
    fetched(subscriptionMirror, (object) => idIn(object.subscription) ?? idIn(object.released_subscription)),
  ),
  'charge.refunded': fetched(refundMirror, (object) => idIn(object.id)),
  'charge.refund.updated': fetched(refundMirror, (object) => idIn(object.charge)),
  // A refund that fails later puts the money back on the charge.
  ...each(
    'refund',
    ['created', 'updated', 'failed'],
    fetched(refundMirror, (object) => idIn(object.charge)),
  ),
  ...each(
    'customer.discount',
    ['created', 'updated', 'deleted'],
    fetched(customerMirror, (object) => idIn(object.customer)),
  ),
  ...each(
    'charge.dispute',
    ['created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'],
    fetched(disputeMirror, (object) => idIn(object.id)),
  ),
  ...each(
    'credit_note',
    ['created', 'updated', 'voided'],
    fetched(invoiceMirror, (object) => idIn(object.invoice)),
  ),
  ...each('product', ['created', 'updated', 'deleted'], catalogEffect('product')),
  ...each('price', ['created', 'updated', 'deleted'], catalogEffect('price')),
};

/** The types an endpoint at Stripe must be subscribed to; `npm run doctor` compares. */
export const handledTypes = Object.keys(effects);

/** What an event asks for; null for a type that means nothing to us. */
export function findEffect(type: string, object: Record<string, unknown>, event: EventFacts): Effect | null {
  return Object.hasOwn(effects, type) ? (effects[type]?.(object, event) ?? null) : null;
}

function each(prefix: string, names: string[], effect: EffectOf): Record<string, EffectOf> {
  return Object.fromEntries(names.map((name) => [`${prefix}.${name}`, effect]));
}

/** The event carries the whole object. */
function carried<S>(mirror: Mirror<S>): EffectOf {
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
function fetched<S>(
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
function sessionEffect(object: Record<string, unknown>): Effect {
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

function catalogEffect(kind: 'price' | 'product'): EffectOf {
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

function nothingToDo(objectId: string): Effect {
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

/** Adds an e-mail to an effect, in its transaction, when it was applied. */
function withNotice(
  effectOf: EffectOf,
  notice: (tx: Tx, merchantId: string, object: Record<string, unknown>, now: Date) => Promise<void>,
): EffectOf {
  return (object, event) => {
    const effect = effectOf(object, event);
    const tell = async (tx: Tx, outcome: Outcome, now: Date) => {
      if (outcome.kind === 'applied' && outcome.merchantId) await notice(tx, outcome.merchantId, object, now);
    };
    return {
      ...effect,
      apply:
        effect.apply &&
        (async (tx, moment, context) => {
          const outcome = await effect.apply?.(tx, moment, context);
          if (!outcome) return { kind: 'settle' };
          await tell(tx, outcome, context.now);
          return outcome;
        }),
      settle: (db, stripe, context, also) =>
        effect.settle(db, stripe, context, async (tx, outcome) => {
          await tell(tx, outcome, context.now);
          await also(tx, outcome);
        }),
    };
  };
}

async function noticeTrialEnding(
  tx: Tx,
  merchantId: string,
  object: Record<string, unknown>,
  now: Date,
): Promise<void> {
  const to = await findRecipient(tx, merchantId);
  if (!to) return;
  await queueEmail(tx, {
    key: `trial_ending:${String(object.id)}:${String(object.trial_end)}`,
    template: 'trial_ending',
    ...to,
    merchantId,
    data: {
      trialEnd: typeof object.trial_end === 'number' ? new Date(object.trial_end * 1000).toISOString() : null,
    },
    at: now,
  });
}

function idIn(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (value && typeof value === 'object' && 'id' in value && typeof value.id === 'string') return value.id;
  return null;
}
