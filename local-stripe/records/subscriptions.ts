/**
 * Subscriptions: shape and state. Periods are on the items only (stripe.md 12), billing mode is flexible
 * (stripe.md 14). https://docs.stripe.com/api/subscriptions
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { HOUR } from '../clock';
import { cardError, invalid, missing } from '../errors';
import { embedded } from '../http/list';
import type {
  Customer,
  Discount,
  Invoice,
  Metadata,
  Price,
  Subscription,
  SubscriptionStatus,
  Wire,
} from '../types';
import { activeDiscounts, type DiscountGiven } from './discounts';
import type { Draft } from './drafts';
import { voidInvoice } from './invoices';
import { cancelScheduleOf } from './schedules';
import { strip } from './strip';
import { periodAfter, shapeItem, viewItem } from './subscription-items';

export const ENDED: SubscriptionStatus[] = ['canceled', 'incomplete_expired'];

export interface StartGiven {
  customer: Customer;
  items: { price: Price; quantity: number; metadata?: Metadata }[];
  trialEnd: number | null;
  anchor?: number | null;
  prorationBehavior?: 'create_prorations' | 'none' | 'always_invoice';
  method?: string | null;
  discounts: DiscountGiven[];
  automaticTax: boolean;
  metadata: Metadata;
  description?: string | null;
  collection?: 'charge_automatically' | 'send_invoice';
  daysUntilDue?: number | null;
  behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';
  missingMethod?: string;
  extra?: Draft[];
  checkoutSession?: string | null;
  cancelAtPeriodEnd?: boolean;
  saveDefault?: boolean;
  /** Checkout has authenticated or will collect by itself. */
  authentication?: 'passed' | undefined;
  delayed?: boolean;
}

export function viewSubscription(app: App, sub: Subscription): Wire<Stripe.Subscription> {
  const { items, pending_update, ...rest } = strip(sub);
  return {
    ...rest,
    items: embedded(items, `/v1/subscription_items?subscription=${sub.id}`, (item) => viewItem(app, item)),
    pending_update: pending_update && {
      ...pending_update,
      subscription_items: pending_update.subscription_items?.map((item) => viewItem(app, item)) ?? null,
    },
  };
}

export function getSubscription(app: App, subId: string, param = 'id'): Subscription {
  const sub = app.store.get('subscriptions', subId);
  if (!sub) throw missing('subscription', subId, param);
  return sub;
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

export function shapeSubscription(
  app: App,
  given: StartGiven,
  subId: string,
  itemId: () => string,
  discounts: Discount[],
): Subscription {
  const { now } = app;
  const trial = given.trialEnd !== null && given.trialEnd > now ? given.trialEnd : null;
  const anchor = trial ?? given.anchor ?? now;
  const currency = given.items[0]?.price.currency ?? 'eur';
  const items = given.items.map(({ price, quantity, metadata }) => {
    if (price.currency !== currency)
      throw invalid('All prices on a subscription must have the same currency.', 'items');
    const end = trial ?? (given.anchor ? given.anchor : periodAfter(price, anchor, now));
    return shapeItem(app, subId, price, quantity, { start: now, end }, itemId(), metadata);
  });
  return {
    ...({
      id: subId,
      object: 'subscription',
      application: null,
      application_fee_percent: null,
      automatic_tax: {
        disabled_reason: null,
        enabled: given.automaticTax,
        liability: given.automaticTax ? { type: 'self' } : null,
      },
      billing_cycle_anchor: anchor,
      billing_cycle_anchor_config: null,
      billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: now },
      billing_schedules: [],
      billing_thresholds: null,
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
      collection_method: given.collection ?? 'charge_automatically',
      created: now,
      currency,
      customer: given.customer.id,
      customer_account: null,
      days_until_due: given.collection === 'send_invoice' ? (given.daysUntilDue ?? 30) : null,
      default_payment_method: given.method ?? null,
      default_source: null,
      default_tax_rates: [],
      description: given.description ?? null,
      discounts: discounts.map((discount) => discount.id),
      ended_at: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      latest_invoice: null,
      livemode: false,
      managed_payments: null,
      metadata: given.metadata,
      next_pending_invoice_item_invoice: null,
      on_behalf_of: null,
      pause_collection: null,
      payment_settings: {
        payment_method_options: null,
        payment_method_types: null,
        save_default_payment_method: given.saveDefault ? 'on_subscription' : 'off',
      },
      pending_invoice_item_interval: null,
      pending_setup_intent: null,
      schedule: null,
      start_date: now,
      status: trial ? 'trialing' : given.collection === 'send_invoice' ? 'active' : 'incomplete',
      test_clock: given.customer.test_clock,
      transfer_data: null,
      trial_end: trial,
      trial_settings: {
        end_behavior: {
          billing_cycle_anchor: null,
          missing_payment_method: (given.missingMethod ??
            'create_invoice') as Stripe.Subscription.TrialSettings.EndBehavior['missing_payment_method'],
        },
      },
      trial_start: trial ? now : null,
    } satisfies Omit<Wire<Stripe.Subscription>, 'items' | 'pending_update'>),
    items,
    pending_update: null,
    _: {
      billed: [],
      upcoming_sent_for: 0,
      trial_warned_for: 0,
      incomplete_until: trial || given.collection === 'send_invoice' ? null : now + 23 * HOUR,
      pending_invoice: null,
      pending_at: null,
      resumes_on: null,
    },
  };
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

/** Ends it now: customer.subscription.deleted, and nothing collects any more (stripe.md 21). */
export function endNow(
  app: App,
  sub: Subscription,
  reason: NonNullable<Stripe.Subscription['cancellation_details']>['reason'] | null,
  details?: { comment?: string | null; feedback?: Stripe.Subscription.CancellationDetails.Feedback | null },
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
    rec.pending_update = null;
    rec._.pending_invoice = null;
    rec._.incomplete_until = null;
    rec.cancellation_details = {
      comment: details?.comment ?? rec.cancellation_details?.comment ?? null,
      feedback: details?.feedback ?? rec.cancellation_details?.feedback ?? null,
      feedback_option: null,
      reason: reason ?? rec.cancellation_details?.reason ?? 'cancellation_requested',
    };
  });
  app.emit('customer.subscription.deleted', app.view('subscriptions', sub));
  for (const invoice of app.store.by('invoices', 'subscription', sub.id)) stopCollecting(app, invoice);
  for (const item of app.store.by('invoice_items', 'subscription', sub.id)) {
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

export function discountsOf(app: App, sub: Subscription): Discount[] {
  return activeDiscounts(app, sub.discounts);
}
