import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { disputeMirror, refundMirror } from '@/lib/billing/mirror/money-back';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { updateQuickly } from '@/lib/billing/mirror/subscription-quick';
import {
  carried,
  catalogEffect,
  type Effect,
  type EffectOf,
  type EventFacts,
  each,
  fetched,
  idIn,
  nothingToDo,
  sessionEffect,
} from './effect';
import { noticeTrialEnding, withNotice } from './event-notices';

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
