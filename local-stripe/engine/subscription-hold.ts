/** A change that waits until its invoice is paid. https://docs.stripe.com/billing/subscriptions/pending-updates */
import type { App } from '../app';
import { HOUR } from '../clock';
import { mergeMetadata } from '../http/params';
import type { Draft } from '../records/drafts';
import { settleItems } from '../records/item-discounts';
import type { UpdateGiven } from '../records/subscription-params';
import { dropPendingUpdate } from '../records/subscription-pending';
import { periodEnd } from '../records/subscriptions';
import type { Subscription } from '../types';
import type { Plan } from './changes';
import { collect } from './collect';
import { createInvoice, finalize } from './finalize';
import { updateInvoiceGiven } from './subscription-invoice';

/** The change waits in `pending_update` until its invoice is paid, 23 hours at most (stripe.md 41). */
export function holdUpdate(
  app: App,
  sub: Subscription,
  plan: Plan,
  drafts: Draft[],
  given: UpdateGiven,
): Subscription {
  supersedePendingUpdate(app, sub, given, true);
  settleItems(app, plan.items, []);
  const invoice = createInvoice(
    app,
    { ...updateInvoiceGiven(app, sub, drafts, given.proration_date, true), autoAdvance: false },
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
export function supersedePendingUpdate(
  app: App,
  sub: Subscription,
  given: UpdateGiven,
  replaces: boolean,
): void {
  if (!sub.pending_update) return;
  const waiting = sub.pending_update.cancel_at_period_end;
  const asked = given.cancel_at_period_end;
  if (waiting !== null && asked !== undefined && asked !== waiting)
    dropPendingUpdate(app, sub, 'customer.subscription.pending_update_expired');
  else if (replaces) dropPendingUpdate(app, sub, null);
}
