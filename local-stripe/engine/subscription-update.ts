/** Changing a subscription: items, cancellation, proration, what waits for a payment. https://docs.stripe.com/billing/subscriptions/change */
import type Stripe from 'stripe';
import type { App } from '../app';
import { HOUR } from '../clock';
import { invalid } from '../errors';
import { mergeMetadata } from '../http/params';
import { followPeriod, setCancellation } from '../records/cancellation';
import { itemChanges } from '../records/catalog';
import { getCustomer } from '../records/customers';
import { dropDiscount, makeDiscount } from '../records/discounts';
import type { Draft } from '../records/drafts';
import { extraDrafts, keepPending, pendingDrafts } from '../records/invoice-items';
import { shapeInvoice } from '../records/invoices';
import { resolvePaymentMethod } from '../records/payment-methods';
import { followSubscription } from '../records/schedules';
import type { UpdateGiven } from '../records/subscription-params';
import { dropPendingUpdate } from '../records/subscription-pending';
import { discountsOf, ENDED, periodEnd, refusal, setStatus } from '../records/subscriptions';
import type { Invoice, Subscription } from '../types';
import { type Change, type Plan, planChange, writePlan } from './changes';
import { collect, createInvoice, finalize, foreseeCollection } from './collect';

/** What may go with `pending_if_incomplete`. https://docs.stripe.com/billing/subscriptions/pending-updates-reference */
const PENDING_OK = new Set([
  'items',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'billing_cycle_anchor',
  'trial_end',
  'trial_from_plan',
  'add_invoice_items',
  'off_session',
  'expand',
  'metadata',
  'discounts',
  'cancel_at_period_end',
]);

export function updateSubscription(app: App, sub: Subscription, given: UpdateGiven): Subscription {
  if (ENDED.includes(sub.status)) {
    const allowed = new Set(['metadata', 'cancellation_details', 'expand']);
    const other = Object.keys(given).find((key) => !allowed.has(key));
    if (other)
      throw invalid(
        'A canceled subscription can only update its cancellation_details and metadata.',
        other,
        'invalid_canceled_subscription_fields',
      );
  }
  const cancels = given.cancel_at_period_end !== undefined || given.cancel_at !== undefined;
  // While a schedule is attached it owns the end (stripe.md 42).
  if (sub.schedule && cancels) {
    throw invalid(
      `The subscription is managed by the subscription schedule \`${sub.schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
      given.cancel_at !== undefined ? 'cancel_at' : 'cancel_at_period_end',
    );
  }
  // What can be refused is refused before anything is written.
  if (cancels) setCancellation(app, structuredClone(sub), given.cancel_at_period_end, given.cancel_at);
  const method = given.default_payment_method
    ? resolvePaymentMethod(app, given.default_payment_method, sub.customer, 'default_payment_method').id
    : null;
  const pendingMode = given.payment_behavior === 'pending_if_incomplete';
  if (pendingMode) {
    const odd = Object.keys(given).find((key) => !PENDING_OK.has(key));
    if (odd)
      throw invalid(
        `When \`payment_behavior\` is set to \`pending_if_incomplete\`, you cannot pass \`${odd}\`.`,
        odd,
      );
  }
  const behavior = given.proration_behavior ?? 'create_prorations';
  const discounts = discountsOf(app, sub);
  const change: Change = {
    items: itemChanges(app, given.items),
    behavior,
    date: given.proration_date,
    resetAnchor: given.billing_cycle_anchor?.type === 'now',
    trialEnd: given.trial_end,
    discounts,
  };
  if (
    given.proration_date !== undefined &&
    (given.proration_date < Math.min(...sub.items.map((item) => item.current_period_start)) ||
      given.proration_date > periodEnd(sub, 'max'))
  ) {
    throw invalid('Cannot specify `proration_date` outside of the current period.', 'proration_date');
  }
  if (typeof given.trial_end === 'number' && given.trial_end <= app.now)
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
  const moves = change.items.length > 0 || change.resetAnchor || change.trialEnd !== undefined;
  const plan = moves ? planChange(app, sub, change, () => app.ids.make('si')) : null;
  const extra = extraDrafts(app, given.add_invoice_items, sub.id);
  const paysNow =
    (plan !== null &&
      (plan.reset || behavior === 'always_invoice') &&
      (plan.credits.length > 0 || plan.charges.length > 0)) ||
    extra.length > 0;
  const drafts = plan ? [...plan.credits, ...plan.charges, ...extra] : extra;

  if (
    plan &&
    paysNow &&
    sub.collection_method === 'charge_automatically' &&
    (pendingMode || given.payment_behavior === 'error_if_incomplete')
  ) {
    const due = shapeUpdateInvoice(app, sub, drafts, given.proration_date, true).amount_due;
    const tried = foreseeCollection(app, sub.customer, sub);
    if (due > 0 && tried.kind !== 'succeeded') {
      if (given.payment_behavior === 'error_if_incomplete') throw refusal(tried);
      return holdUpdate(app, sub, plan, drafts, given);
    }
  }
  supersedePendingUpdate(app, sub, given, plan?.touchesItems ?? false);

  const before = app.view('subscriptions', sub);
  if (plan) {
    const wasTrialing = sub.status === 'trialing';
    writePlan(sub, plan);
    if (wasTrialing && (plan.trialEnd ?? 0) <= app.now) sub.status = 'active';
    if (plan.trialEnd && plan.trialEnd > app.now) sub.status = 'trialing';
    followPeriod(sub);
    if (!paysNow && behavior === 'create_prorations')
      for (const one of [...plan.credits, ...plan.charges])
        keepPending(app, sub, one, given.proration_date ?? app.now);
  }
  if (cancels) setCancellation(app, sub, given.cancel_at_period_end, given.cancel_at);
  applyFields(app, sub, given, method);
  app.store.put('subscriptions', sub);
  followSubscription(app, sub, given);
  let invoice: Invoice | null = null;
  if (paysNow) {
    invoice = createInvoice(app, updateInvoiceGiven(app, sub, drafts, given.proration_date));
    sub.latest_invoice = invoice.id;
    app.store.put('subscriptions', sub);
  }
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  if (invoice) {
    finalize(app, invoice);
    if (invoice.status === 'open' && sub.collection_method === 'charge_automatically') {
      if (given.payment_behavior === 'default_incomplete') setStatus(app, sub, 'past_due');
      else collect(app, invoice, { automatic: true, offSession: given.off_session ?? true });
    }
  }
  return sub;
}

export function updateInvoiceGiven(
  app: App,
  sub: Subscription,
  drafts: Draft[],
  prorationDate: number | undefined,
) {
  const customer = getCustomer(app, sub.customer, 'customer');
  return {
    customer,
    subscription: sub,
    reason: 'subscription_update' as const,
    drafts: [...pendingDrafts(app, sub), ...drafts],
    discounts: discountsOf(app, sub),
    currency: sub.currency,
    periodStart: app.now,
    periodEnd: app.now,
    automaticTax: sub.automatic_tax.enabled,
    autoAdvance: true,
    prorationDate: prorationDate ?? null,
    defaultPaymentMethod: null,
  };
}

function shapeUpdateInvoice(
  app: App,
  sub: Subscription,
  drafts: Draft[],
  prorationDate: number | undefined,
  preview: boolean,
): Invoice {
  return shapeInvoice(app, updateInvoiceGiven(app, sub, drafts, prorationDate), preview);
}

/** The change waits in `pending_update` until its invoice is paid, 23 hours at most (stripe.md 41). */
function holdUpdate(
  app: App,
  sub: Subscription,
  plan: Plan,
  drafts: Draft[],
  given: UpdateGiven,
): Subscription {
  supersedePendingUpdate(app, sub, given, true);
  const invoice = createInvoice(
    app,
    { ...updateInvoiceGiven(app, sub, drafts, given.proration_date), autoAdvance: false },
    false,
  );
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.pending_update = {
      billing_cycle_anchor: plan.anchor === rec.billing_cycle_anchor ? null : plan.anchor,
      cancel_at_period_end: given.cancel_at_period_end ?? null,
      discount: null,
      discounts: null,
      expires_at: Math.min(app.now + 23 * HOUR, periodEnd(rec)),
      metadata: given.metadata === undefined ? null : mergeMetadata(rec.metadata, given.metadata),
      subscription_items: plan.items,
      trial_end: plan.trialEnd === rec.trial_end ? null : plan.trialEnd,
      trial_from_plan: null,
    };
    rec.latest_invoice = invoice.id;
    rec._.pending_invoice = invoice.id;
    rec._.pending_at = plan.at;
  });
  finalize(app, invoice);
  if (invoice.status === 'open')
    collect(app, invoice, { automatic: false, offSession: given.off_session ?? false });
  return sub;
}

/**
 * A change of items takes the place of one that waits; a `cancel_at_period_end` that contradicts the one waiting
 * expires it, whatever else is asked. https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation
 */
function supersedePendingUpdate(app: App, sub: Subscription, given: UpdateGiven, replaces: boolean): void {
  if (!sub.pending_update) return;
  const waiting = sub.pending_update.cancel_at_period_end;
  const asked = given.cancel_at_period_end;
  if (waiting !== null && asked !== undefined && asked !== waiting)
    dropPendingUpdate(app, sub, 'customer.subscription.pending_update_expired');
  else if (replaces) dropPendingUpdate(app, sub, null);
}

function applyFields(app: App, sub: Subscription, given: UpdateGiven, method: string | null): void {
  if (given.metadata !== undefined) sub.metadata = mergeMetadata(sub.metadata, given.metadata);
  if (given.description !== undefined) sub.description = given.description || null;
  if (given.default_payment_method !== undefined) {
    sub.default_payment_method = method;
  }
  if (given.automatic_tax)
    sub.automatic_tax = {
      ...sub.automatic_tax,
      enabled: given.automatic_tax.enabled,
      liability: given.automatic_tax.enabled ? { type: 'self' } : null,
    };
  if (given.collection_method) sub.collection_method = given.collection_method;
  if (given.days_until_due !== undefined) sub.days_until_due = given.days_until_due;
  if (given.pause_collection !== undefined) {
    sub.pause_collection = given.pause_collection && {
      behavior: given.pause_collection.behavior,
      resumes_at: given.pause_collection.resumes_at ?? null,
    };
  }
  if (given.payment_settings?.save_default_payment_method && sub.payment_settings) {
    sub.payment_settings = {
      ...sub.payment_settings,
      save_default_payment_method: given.payment_settings.save_default_payment_method,
    };
  }
  if (given.trial_settings && sub.trial_settings) {
    sub.trial_settings = {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: given.trial_settings.end_behavior.missing_payment_method,
      },
    };
  }
  if (given.cancellation_details && sub.cancellation_details) {
    const { comment, feedback } = given.cancellation_details;
    sub.cancellation_details = {
      ...sub.cancellation_details,
      ...(comment === undefined ? {} : { comment: comment || null }),
      ...(feedback === undefined
        ? {}
        : { feedback: (feedback || null) as Stripe.Subscription.CancellationDetails.Feedback | null }),
    };
  }
  if (given.discounts !== undefined) {
    const kept = (given.discounts ?? []).map(
      (one) => makeDiscount(app, one, { customer: getCustomer(app, sub.customer), subscription: sub.id }).id,
    );
    for (const old of sub.discounts) if (!kept.includes(old)) dropDiscount(app, old);
    sub.discounts = kept;
  }
}
