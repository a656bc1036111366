/** Changing a subscription: items, cancellation, proration, what waits for a payment. https://docs.stripe.com/billing/subscriptions/change */
import type { App } from '../app';
import { endAsked, followPeriod, setCancellation } from '../records/cancellation';
import { leastCharge } from '../records/currencies';
import { extraDrafts, keepPending } from '../records/invoice-items';
import { shapeInvoice } from '../records/invoice-shape';
import { resolvePaymentMethod } from '../records/payment-methods';
import { itemChanges } from '../records/prices';
import { followSubscription } from '../records/schedules';
import { applyFields } from '../records/subscription-fields';
import type { UpdateGiven } from '../records/subscription-params';
import { discountsOf, refusal, setStatus } from '../records/subscriptions';
import type { Invoice, Subscription } from '../types';
import { type Change, type Plan, planChange, writePlan } from './changes';
import { collect, foreseeCollection } from './collect';
import { planEnd, writeEnd } from './early-end';
import { createInvoice, finalize } from './finalize';
import { holdUpdate, supersedePendingUpdate } from './subscription-hold';
import { updateInvoiceGiven } from './subscription-invoice';
import { limitInvoices, limitQuantities } from './subscription-limits';
import { refuseUpdate } from './subscription-refusals';
import { withoutCard } from './trial-end';

/** A trial that is ended by hand ends like any other: paused or cancelled where there is no way to pay, and nothing is billed. */
function endsWithoutCard(app: App, sub: Subscription, plan: Plan): boolean {
  const { items, trial_end } = sub;
  Object.assign(sub, { items: plan.items, trial_end: plan.trialEnd });
  if (withoutCard(app, sub)) return true;
  Object.assign(sub, { items, trial_end });
  return false;
}

/** One request's changes, all or none. https://docs.stripe.com/api/subscriptions/update */
export function updateSubscription(app: App, sub: Subscription, given: UpdateGiven): Subscription {
  refuseUpdate(app, sub, given);
  const cancels = given.cancel_at_period_end !== undefined || given.cancel_at !== undefined;
  const method = given.default_payment_method
    ? resolvePaymentMethod(app, given.default_payment_method, sub.customer, 'default_payment_method').id
    : null;
  const pendingMode = given.payment_behavior === 'pending_if_incomplete';
  const behavior = given.proration_behavior ?? 'create_prorations';
  const discounts = discountsOf(app, sub);
  const change: Change = {
    items: itemChanges(app, given.items, sub.items),
    behavior,
    date: given.proration_date,
    resetAnchor: given.billing_cycle_anchor?.type === 'now',
    trialEnd: given.trial_end,
    discounts,
  };
  const moves = change.items.length > 0 || change.resetAnchor || change.trialEnd !== undefined;
  const plan = moves ? planChange(app, sub, change, () => app.ids.make('si')) : null;
  const extra = extraDrafts(app, given.add_invoice_items, sub.id);
  // Beside a change of items the new end is reckoned after it, and its prorations wait.
  const end = cancels && !plan ? planEnd(app, sub, endAsked(app, sub, given), behavior !== 'none') : null;
  const endDrafts = behavior === 'always_invoice' ? (end?.drafts ?? []).map((one) => one.draft) : [];
  const paysNow =
    (plan !== null &&
      (plan.reset || behavior === 'always_invoice') &&
      (plan.credits.length > 0 || plan.charges.length > 0)) ||
    extra.length + endDrafts.length > 0;
  const drafts = [...(plan ? [...plan.credits, ...plan.charges] : []), ...endDrafts, ...extra];
  if (paysNow) limitInvoices(app, sub);
  limitQuantities(app, sub, given.items?.some((item) => item.quantity !== undefined) ?? false);

  if (
    plan &&
    paysNow &&
    sub.collection_method === 'charge_automatically' &&
    (pendingMode || given.payment_behavior === 'error_if_incomplete')
  ) {
    const due = shapeInvoice(
      app,
      updateInvoiceGiven(app, sub, drafts, given.proration_date, pendingMode),
      true,
    ).amount_due;
    const tried = foreseeCollection(app, sub.customer, sub);
    const goesOn = tried.kind === 'succeeded' || tried.kind === 'processing';
    if (due >= leastCharge(sub.currency) && !goesOn) {
      if (given.payment_behavior === 'error_if_incomplete') throw refusal(tried);
      return holdUpdate(app, sub, plan, drafts, given);
    }
  }
  supersedePendingUpdate(app, sub, given, plan?.touchesItems ?? false);
  if (plan && sub.status === 'trialing' && given.trial_end === 'now' && endsWithoutCard(app, sub, plan))
    return sub;

  const before = app.view('subscriptions', sub);
  if (plan) {
    const wasTrialing = sub.status === 'trialing';
    writePlan(app, sub, plan);
    if (wasTrialing && (plan.trialEnd ?? 0) <= app.now) sub.status = 'active';
    if (plan.trialEnd && plan.trialEnd > app.now) sub.status = 'trialing';
    followPeriod(sub);
    if (!paysNow && behavior === 'create_prorations')
      for (const one of [...plan.credits, ...plan.charges])
        keepPending(app, sub, one, given.proration_date ?? app.now);
  }
  if (end) writeEnd(app, sub, end, behavior === 'always_invoice');
  if (cancels) setCancellation(app, sub, given.cancel_at_period_end, given.cancel_at);
  applyFields(app, sub, given, method);
  app.store.put('subscriptions', sub);
  followSubscription(app, sub, given);
  let invoice: Invoice | null = null;
  if (paysNow) {
    invoice = createInvoice(app, updateInvoiceGiven(app, sub, drafts, given.proration_date, pendingMode));
    sub.latest_invoice = invoice.id;
    app.store.put('subscriptions', sub);
  }
  if (cancels && plan) writeEnd(app, sub, planEnd(app, sub, sub.cancel_at, behavior !== 'none'), false);
  app.store.put('subscriptions', sub);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  if (invoice && sub.collection_method === 'charge_automatically') {
    finalize(app, invoice);
    if (invoice.status === 'open') {
      if (given.payment_behavior === 'default_incomplete') setStatus(app, sub, 'past_due');
      else collect(app, invoice, { automatic: true, offSession: given.off_session ?? true });
    }
  }
  return sub;
}
