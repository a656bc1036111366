/** The next invoice of a subscription as it is, or as a change would make it. */
import type { z } from 'zod';
import type { App } from '../app';
import { planChange } from '../engine/changes';
import { planEnd } from '../engine/early-end';
import { foreseeRerun } from '../engine/phase-effects';
import { runningSince } from '../engine/subscription-invoice';
import { refuseProrationDate } from '../engine/subscription-refusals';
import { type Asked, upcomingInvoice } from '../engine/upcoming';
import { invalid } from '../errors';
import { endAsked, setCancellation } from '../records/cancellation';
import { orCustomers } from '../records/customer-discount';
import type { Draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { shapeInvoice } from '../records/invoice-shape';
import { itemChanges } from '../records/prices';
import { phaseNow, revisePhases } from '../records/schedule-phases';
import type { itemParams, prorationBehavior } from '../records/subscription-params';
import { billedDiscounts, discountsOf, ENDED } from '../records/subscriptions';
import type { Customer, Discount, Invoice, Schedule, Subscription } from '../types';
import { discountsFor, extraDrafts, noneUpcoming, taxed } from './preview-asked';
import type { PreviewGiven } from './preview-params';

/**
 * The next invoice of a schedule, or what an update of its phases would bill: what changes the running phase counts
 * from now on, as the update would make it
 * (https://docs.stripe.com/billing/subscriptions/subscription-schedules#preview-an-invoice).
 */
export function ofSchedule(
  app: App,
  real: Schedule,
  sub: Subscription,
  customer: Customer,
  given: PreviewGiven,
): Invoice {
  if (real.status !== 'active' || ENDED.includes(sub.status)) throw noneUpcoming(sub.customer);
  const details = given.schedule_details;
  const phases = details?.phases ? revisePhases(app, real, details.phases) : real.phases;
  const schedule: Schedule = {
    ...real,
    phases,
    current_phase: phaseNow(app, phases) ?? real.current_phase,
    end_behavior: details?.end_behavior ?? real.end_behavior,
  };
  const rerun = details?.phases || details?.end_behavior ? foreseeRerun(app, sub, schedule) : null;
  if (!rerun) return ofNextCycle(app, sub, customer, given, { schedule });
  return ofChange(app, rerun.sub, customer, given, {
    items: rerun.items,
    trialEnd: rerun.trialEnd,
    behavior: details?.proration_behavior ?? 'create_prorations',
    discounts: rerun.discounts,
    schedule,
  });
}

/** The next invoice of a subscription, with the change that is asked about. */
export function ofSubscription(
  app: App,
  real: Subscription,
  customer: Customer,
  given: PreviewGiven,
): Invoice {
  if (ENDED.includes(real.status)) throw noneUpcoming(real.customer);
  const sub = structuredClone(real);
  const change = given.subscription_details;
  if (given.automatic_tax) sub.automatic_tax = { ...sub.automatic_tax, enabled: given.automatic_tax.enabled };
  const behavior = change?.proration_behavior ?? 'create_prorations';
  const ends = change?.cancel_at_period_end !== undefined || change?.cancel_at !== undefined;
  const end = ends ? planEnd(app, sub, endAsked(app, sub, change), behavior !== 'none') : null;
  if (end) Object.assign(sub._, { billed: end.billed, cuts: end.cuts, undone: end.undone });
  if (ends) setCancellation(app, sub, change.cancel_at_period_end, change.cancel_at);
  const discounts = discountsOf(app, sub);
  if (change?.cancel_now) {
    const plan = planChange(
      app,
      sub,
      { items: [], behavior, date: change.proration_date, resetAnchor: true, discounts },
      () => 'si_preview',
    );
    return atOnce(app, sub, customer, given, plan.credits, billedDiscounts(app, sub));
  }
  return ofChange(app, sub, customer, given, {
    items: change?.items,
    trialEnd: change?.trial_end,
    behavior,
    discounts,
    end: end?.drafts.map((one) => one.draft),
  });
}

function atOnce(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: PreviewGiven,
  drafts: Draft[],
  discounts: Discount[],
  resets = false,
): Invoice {
  return shapeInvoice(
    app,
    {
      customer,
      subscription: sub,
      reason: 'subscription_update',
      drafts: [...pendingDrafts(app, sub), ...drafts, ...extraDrafts(app, given, sub.currency)],
      discounts: discountsFor(app, given, customer, sub) ?? discounts,
      currency: sub.currency,
      periodStart: resets ? app.now : runningSince(sub, app.now),
      periodEnd: app.now,
      automaticTax: taxed(given, sub),
      autoAdvance: true,
      prorationDate: given.subscription_details?.proration_date ?? null,
    },
    true,
  );
}

/** With a proration date one of items and trial_end is required; the rest is as for the change itself (stripe.md D51, 53). */
function refuseDate(app: App, sub: Subscription, change: PreviewGiven['subscription_details']): void {
  const param = 'subscription_details[proration_date]';
  refuseProrationDate(app, sub, {
    date: change?.proration_date ?? app.now,
    behavior: change?.proration_behavior,
    anchor: change?.billing_cycle_anchor?.type,
    param,
  });
  if (!change?.items?.length && change?.trial_end === undefined)
    throw invalid('A proration date needs items or a trial end beside it.', param);
}

/** What a change bills: now, or with the next invoice. A subscription that ends has none but for what prorations owe. */
function ofChange(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: PreviewGiven,
  wanted: {
    items: z.output<typeof itemParams>[] | undefined;
    trialEnd: number | 'now' | undefined;
    behavior: z.output<typeof prorationBehavior>;
    discounts: Discount[];
    schedule?: Schedule;
    /** Prorations of an end that is asked about. */
    end?: Draft[] | undefined;
  },
): Invoice {
  const change = given.subscription_details;
  const { behavior, schedule, trialEnd, end = [] } = wanted;
  const items = itemChanges(app, wanted.items, sub.items);
  const resets = change?.billing_cycle_anchor?.type === 'now';
  const moves = items.length > 0 || resets || trialEnd !== undefined;
  const date = change?.proration_date;
  if (date !== undefined) refuseDate(app, sub, change);
  const later = schedule ? { schedule, held: wanted.discounts } : {};
  if (!moves && end.length === 0) return ofNextCycle(app, sub, customer, given, later);
  const asked = discountsFor(app, given, customer, sub);
  const discounts = asked ?? wanted.discounts;
  const plan = planChange(
    app,
    sub,
    { items, behavior, date, resetAnchor: resets, trialEnd, discounts, discountsAsked: asked !== undefined },
    () => 'si_preview',
  );
  const drafts = [...plan.credits, ...plan.charges, ...end];
  const recurring = given.preview_mode === 'recurring';
  if ((plan.reset || behavior === 'always_invoice') && drafts.length > 0 && !recurring) {
    const billed = asked ?? orCustomers(app, sub.customer, plan.items, discounts);
    return atOnce(app, sub, customer, given, drafts, billed, plan.reset);
  }
  const after: Subscription = {
    ...sub,
    items: plan.items,
    billing_cycle_anchor: plan.anchor,
    trial_end: plan.trialEnd,
  };
  return ofNextCycle(app, after, customer, given, {
    // A schedule's next phase brings its own items.
    ...(schedule ? later : { items: plan.items }),
    pending: recurring || behavior === 'none' ? [] : drafts,
  });
}

function ofNextCycle(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: PreviewGiven,
  asked: Asked,
): Invoice {
  const invoice = upcomingInvoice(app, sub, {
    ...asked,
    follow: app.settings.scheduled_preview,
    customer,
    discounts: discountsFor(app, given, customer, sub),
    automaticTax: given.automatic_tax?.enabled,
    extra: extraDrafts(app, given, sub.currency),
  });
  if (!invoice) throw noneUpcoming(sub.customer);
  return invoice;
}
