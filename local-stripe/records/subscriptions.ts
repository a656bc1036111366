/**
 * Subscriptions: shape and state. Periods are on the items only (stripe.md 12), billing mode is flexible
 * (stripe.md 14). https://docs.stripe.com/api/subscriptions
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { cardError, invalid } from '../errors';
import { counted } from '../http/list';
import type { Discount, Invoice, Subscription, SubscriptionStatus, Wire } from '../types';
import { orCustomers } from './customer-discount';
import { activeDiscounts } from './discounts';
import { voidInvoice } from './invoices';
import { cancelScheduleOf } from './schedules';
import { strip } from './strip';
import { viewItem } from './subscription-items';

export const ENDED: SubscriptionStatus[] = ['canceled', 'incomplete_expired'];

export function viewSubscription(app: App, sub: Subscription): Wire<Stripe.Subscription> {
  const { items, pending_update, ...rest } = strip(sub);
  const only = items.length === 1 ? items[0] : undefined;
  return {
    ...rest,
    // Still sent, though the types no longer say so (stripe.md G11).
    ...{ plan: only ? viewItem(app, only).plan : null, quantity: only?.quantity ?? null },
    items: counted(items, `/v1/subscription_items?subscription=${sub.id}`, (item) => viewItem(app, item)),
    pending_update: pending_update && {
      ...pending_update,
      subscription_items: pending_update.subscription_items?.map((item) => viewItem(app, item)) ?? null,
    },
  };
}

export function periodEnd(sub: Subscription, pick: 'min' | 'max' = 'min'): number {
  return Math[pick](...sub.items.map((item) => item.current_period_end));
}

export function setStatus(
  app: App,
  sub: Subscription,
  status: SubscriptionStatus,
  why: Stripe.Subscription.StatusDetails.Paused['subscription']['type'] = 'system',
): void {
  if (sub.status === status) return;
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.status = status;
    rec._.incomplete_until = null;
    if (status === 'paused')
      rec.status_details = {
        paused: { subscription: { type: why }, transitioned_at: app.now, type: 'subscription' },
      };
    else delete rec.status_details;
  });
  delinquency(app, sub);
}

function delinquency(app: App, sub: Subscription): void {
  const customer = app.store.get('customers', sub.customer);
  if (!customer) return;
  const late = app.store
    .by('subscriptions', 'customer', customer.id)
    .some((one) => one.status === 'past_due' || one.status === 'unpaid');
  if (customer.delinquent === late) return;
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.delinquent = late;
  });
}

export function warnTrialEnd(app: App, sub: Subscription): void {
  sub._.trial_warned_for = sub.trial_end ?? 0;
  app.store.put('subscriptions', sub);
  app.emit('customer.subscription.trial_will_end', app.view('subscriptions', sub));
}

export function refusal(tried: {
  kind: string;
  decline?: { code: string; decline_code?: string; message: string };
}): Error {
  if (tried.kind === 'no_method') {
    return invalid(
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.',
      undefined,
      'resource_missing',
    );
  }
  if (tried.kind === 'requires_action') {
    return cardError({
      code: 'subscription_payment_intent_requires_action',
      message:
        'Payment for this subscription requires additional user action before it can be completed successfully.',
    });
  }
  return cardError(tried.decline ?? { code: 'card_declined', message: 'Your card was declined.' });
}

interface Ending {
  comment?: string | null;
  feedback?: Stripe.Subscription.CancellationDetails.Feedback | null;
  /** Somebody cancelled it at once; else its time had come. */
  atOnce?: boolean;
  /** Prorations that wait stay for another invoice. */
  leavesPending?: boolean;
}

/**
 * Ends it now: customer.subscription.deleted, and nothing collects any more (stripe.md 21). At once, an end that had been
 * asked for is cleared (stripe.md G2), and the other open invoices of the customer are not collected any more either, as the
 * setting says (stripe.md D50).
 */
export function endNow(
  app: App,
  sub: Subscription,
  reason: NonNullable<Stripe.Subscription['cancellation_details']>['reason'] | null,
  how: Ending = {},
): void {
  if (ENDED.includes(sub.status)) return;
  if (sub._.pending_invoice) {
    const invoice = app.store.get('invoices', sub._.pending_invoice);
    if (invoice?.status === 'open') voidInvoice(app, invoice);
  }
  cancelScheduleOf(app, sub);
  app.change('subscriptions', sub, null, (rec) => {
    rec.status = 'canceled';
    rec.ended_at = app.now;
    rec.canceled_at ??= app.now;
    if (how.atOnce) Object.assign(rec, { cancel_at: null, cancel_at_period_end: false });
    rec.pending_update = null;
    rec._.pending_invoice = null;
    rec._.incomplete_until = null;
    rec.cancellation_details = {
      comment: how.comment ?? rec.cancellation_details?.comment ?? null,
      feedback: how.feedback ?? rec.cancellation_details?.feedback ?? null,
      feedback_option: null,
      reason: reason ?? rec.cancellation_details?.reason ?? 'cancellation_requested',
    };
  });
  app.emit('customer.subscription.deleted', app.view('subscriptions', sub));
  for (const invoice of app.store.by('invoices', 'subscription', sub.id)) stopCollecting(app, invoice);
  if (how.atOnce && app.settings.cancel_stops_customer) {
    for (const invoice of app.store.by('invoices', 'customer', sub.customer))
      if (invoice.status === 'open') stopCollecting(app, invoice);
  }
  for (const item of how.leavesPending ? [] : app.store.by('invoice_items', 'subscription', sub.id)) {
    if (item.invoice === null && item.proration) app.store.remove('invoice_items', item.id);
  }
  delinquency(app, sub);
}

function stopCollecting(app: App, invoice: Invoice): void {
  if (invoice.status !== 'open' && invoice.status !== 'draft') return;
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    rec.auto_advance = false;
    rec.automatically_finalizes_at = null;
    rec.next_payment_attempt = null;
  });
}

/** Its own. */
export function discountsOf(app: App, sub: Subscription): Discount[] {
  return activeDiscounts(app, sub.discounts);
}

/** What its invoices take off. */
export function billedDiscounts(app: App, sub: Subscription): Discount[] {
  return orCustomers(app, sub.customer, sub.items, discountsOf(app, sub));
}
