/**
 * Subscriptions: shape and state. Periods are on the items only (stripe.md 12), billing mode is flexible
 * (stripe.md 14). https://docs.stripe.com/api/subscriptions
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY, HOUR } from '../clock';
import { draft, type Plan, periodAfter, shapeItem, truncateBilled } from '../engine/changes';
import { collect, createInvoice, finalize, foreseeCollection, voidInvoice } from '../engine/collect';
import { type Draft, priceAmount } from '../engine/invoicing';
import { cancelScheduleOf } from '../engine/schedules';
import { cardError, invalid, missing } from '../errors';
import { embedded } from '../http/list';
import type {
  Customer,
  Discount,
  Invoice,
  Metadata,
  Price,
  Subscription,
  SubscriptionItem,
  SubscriptionStatus,
  Wire,
} from '../types';
import { activeDiscounts, type DiscountGiven, makeDiscount } from './discounts';
import { strip } from './lookup';

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

export function viewItem(app: App, item: SubscriptionItem): Wire<Stripe.SubscriptionItem> {
  const price = strip(app.store.get('prices', item.price) as Price) as Wire<Stripe.Price>;
  return { ...item, plan: planOf(price), price };
}

/** The legacy plan that each recurring price also is. */
function planOf(price: Wire<Stripe.Price>): Wire<Stripe.Plan> {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: 'licensed',
  };
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

/** What the first invoice bills. In trial a line of 0.00 (stripe.md 25). */
export function firstDrafts(app: App, sub: Subscription, prorates = true): Draft[] {
  return sub.items.map((item) => {
    const price = app.store.get('prices', item.price) as Price;
    const { current_period_start: start, current_period_end: end } = item;
    const whole = periodAfter(price, start, start);
    const trial = sub.trial_end !== null && sub.trial_end > start;
    const full = priceAmount(price, item.quantity ?? 1);
    const partial = end < whole && !trial;
    const amount = trial
      ? 0
      : partial
        ? prorates
          ? Math.round((full * (end - start)) / (whole - start))
          : 0
        : full;
    const line = draft(app, sub, item, price, amount, start, end, false);
    return trial
      ? {
          ...line,
          description: `Trial period for ${line.description.replace(/^1 × /, '').replace(/ \(at .*$/, '')}`,
        }
      : line;
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

/** Creates and, where there is something to pay, collects. https://docs.stripe.com/billing/subscriptions/overview */
export function startSubscription(app: App, given: StartGiven): Subscription {
  const { customer } = given;
  for (const { price } of given.items) {
    if (!price.recurring)
      throw invalid(
        'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
        'items[0][price]',
      );
    if (!price.active && !price._?.inline)
      throw invalid(
        `The price specified is inactive. This field only accepts active prices.`,
        'items[0][price]',
      );
  }
  const needsPlace = given.automaticTax && !customer.address?.country;
  if (needsPlace) {
    throw invalid(
      "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
      'automatic_tax',
      'customer_tax_location_invalid',
    );
  }
  if (given.behavior === 'error_if_incomplete' && !(given.trialEnd && given.trialEnd > app.now)) {
    const tried = foreseeCollection(app, customer.id, { default_payment_method: given.method ?? null });
    const free = given.items.every(({ price }) => priceAmount(price, 1) === 0);
    if (!free && tried.kind !== 'succeeded') throw refusal(tried);
  }
  const subId = app.ids.make('sub');
  const discounts = given.discounts.map((one) =>
    makeDiscount(app, one, {
      customer,
      subscription: subId,
      checkout_session: given.checkoutSession ?? null,
    }),
  );
  const sub = shapeSubscription(app, given, subId, () => app.ids.make('si'), discounts);
  if (given.cancelAtPeriodEnd)
    Object.assign(sub, { cancel_at_period_end: true, cancel_at: periodEnd(sub), canceled_at: app.now });
  if (!customer.currency) app.store.put('customers', Object.assign(customer, { currency: sub.currency }));
  app.store.put('subscriptions', sub);
  app.emit('customer.subscription.created', app.view('subscriptions', sub));
  // Trials of three days or less are announced at once (stripe.md 18).
  if (sub.trial_end && sub.trial_end - app.now <= 3 * DAY) warnTrialEnd(app, sub);
  const invoice = createInvoice(app, {
    customer,
    subscription: sub,
    reason: 'subscription_create',
    drafts: [
      ...firstDrafts(app, sub, given.prorationBehavior !== 'none'),
      ...(given.extra ?? []),
      ...pendingDrafts(app, sub),
    ],
    discounts,
    currency: sub.currency,
    periodStart: app.now,
    periodEnd: app.now,
    automaticTax: given.automaticTax,
    autoAdvance: true,
  });
  sub.latest_invoice = invoice.id;
  app.store.put('subscriptions', sub);
  finalize(app, invoice);
  if (
    invoice.status === 'open' &&
    given.collection !== 'send_invoice' &&
    given.behavior !== 'default_incomplete'
  ) {
    collect(app, invoice, {
      automatic: false,
      offSession: !given.authentication,
      ...(given.authentication ? { authentication: given.authentication } : {}),
      ...(given.delayed ? { delayed: true } : {}),
    });
  }
  return sub;
}

/** Pending invoice items of the subscription (and the customer's own) go onto its next invoice. */
export function pendingDrafts(app: App, sub: Subscription): Draft[] {
  return app.store
    .by('invoice_items', 'customer', sub.customer)
    .filter(
      (item) =>
        item.invoice === null &&
        (item._.subscription === null || item._.subscription === sub.id) &&
        item.currency === sub.currency,
    )
    .map((item) => ({
      amount: item.amount,
      currency: item.currency,
      description: item.description ?? 'Item',
      start: item.period.start,
      end: item.period.end,
      price: app.store.get('prices', item.pricing?.price_details?.price) ?? null,
      quantity: item.quantity,
      proration: item.proration,
      discountable: item.discountable,
      subscription: item._.subscription,
      item: item._.subscription_item,
      invoiceItem: item.id,
      metadata: item.metadata ?? {},
      credited: item.proration_details?.credited_items?.invoice_line_item_details ?? null,
    }));
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

/** Writes a planned change of items onto the record (no event). */
export function writePlan(sub: Subscription, plan: Plan): void {
  sub.items = plan.items;
  sub.billing_cycle_anchor = plan.anchor;
  sub._.billed = truncateBilled(sub._.billed, plan.ended, plan.at);
  if (sub.trial_end !== plan.trialEnd) {
    sub.trial_end = plan.trialEnd;
    if (plan.trialEnd) sub.trial_start ??= sub.created;
  }
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
