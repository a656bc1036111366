/** Pausing a subscription, and resuming it. https://docs.stripe.com/api/subscriptions/pause */
import { z } from 'zod';
import type { App } from '../app';
import { planChange, writePlan } from '../engine/changes';
import { collect } from '../engine/collect';
import { createInvoice, finalize } from '../engine/finalize';
import { updateInvoiceGiven } from '../engine/subscription-invoice';
import { invalid } from '../errors';
import { expand, ignored } from '../http/params';
import { prorationBehavior } from '../records/subscription-params';
import { discountsOf, setStatus } from '../records/subscriptions';
import type { Subscription } from '../types';

export const resumeParams = z.strictObject({
  billing_cycle_anchor: z.strictObject({ type: z.enum(['now', 'unchanged', 'resume_at']) }).optional(),
  payment_behavior: ignored,
  proration_behavior: prorationBehavior.optional(),
  proration_date: ignored,
  expand,
});
export const pauseParams = z.strictObject({
  type: z.enum(['subscription']).optional(),
  bill_for: z
    .strictObject({
      outstanding_usage_through: z.strictObject({ type: z.enum(['none']) }).optional(),
      unused_time_from: z.strictObject({ type: z.enum(['none']) }).optional(),
    })
    .optional(),
  invoicing_behavior: ignored,
  expand,
});

/** A paused subscription starts again, a new period begins unless told otherwise. https://docs.stripe.com/api/subscriptions/resume */
export function resumeSubscription(sub: Subscription, given: z.output<typeof resumeParams>, app: App): void {
  if (sub.status !== 'paused')
    throw invalid('Only paused subscriptions can be resumed.', undefined, 'subscription_not_paused');
  const before = app.view('subscriptions', sub);
  if (given.billing_cycle_anchor?.type === 'unchanged') {
    app.change('subscriptions', sub, null, (rec) => {
      rec.status = 'active';
      delete rec.status_details;
    });
    app.told('subscriptions', sub, 'customer.subscription.updated', before);
    app.emit('customer.subscription.resumed', app.view('subscriptions', sub));
    return;
  }
  const plan = planChange(
    app,
    { ...sub, trial_end: sub.trial_end && Math.min(sub.trial_end, app.now) },
    {
      items: [],
      behavior: given.proration_behavior ?? 'create_prorations',
      resetAnchor: true,
      discounts: discountsOf(app, sub),
    },
    () => app.ids.make('si'),
  );
  const trial = sub.trial_end;
  writePlan(app, sub, plan);
  sub.trial_end = trial;
  const invoice = createInvoice(app, {
    ...updateInvoiceGiven(app, sub, [...plan.credits, ...plan.charges], undefined),
  });
  sub.latest_invoice = invoice.id;
  sub._.resumes_on = invoice.id;
  app.store.put('subscriptions', sub);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  finalize(app, invoice);
  if (invoice.status === 'open') collect(app, invoice, { automatic: false, offSession: true });
}

/**
 * Endive's `pause`: status paused, nothing is billed until resumed (stripe.md 19). Unused time is not credited here:
 * `bill_for` is accepted for `none` only. https://docs.stripe.com/api/subscriptions/pause
 */
export function pauseSubscription(sub: Subscription, _given: unknown, app: App): void {
  if (!['active', 'trialing', 'past_due'].includes(sub.status)) {
    throw invalid(`A subscription with status ${sub.status} cannot be paused.`);
  }
  setStatus(app, sub, 'paused', 'pause_requested');
  app.emit('customer.subscription.paused', app.view('subscriptions', sub));
}
