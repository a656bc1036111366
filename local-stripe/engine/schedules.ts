/**
 * Subscription schedules: phases that change a subscription when their time comes.
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
import type { App } from '../app';
import { invalid } from '../errors';
import { markCancellation } from '../records/cancellation';
import { dropDiscount } from '../records/discounts';
import { discountOf, settleItems } from '../records/item-discounts';
import { getRecurring } from '../records/prices';
import type { UpdateGiven } from '../records/subscription-params';
import { dropPendingUpdate } from '../records/subscription-pending';
import type { Phase, Schedule, Subscription } from '../types';
import { endWithPeriod } from './ending';
import {
  itemUpdates,
  keepsAnchor,
  phaseDiscounts,
  scheduledEnd,
  startsCycle,
  takeItems,
  takeSettings,
  trialChange,
} from './phase-effects';
import { startSubscription } from './subscription-start';
import { updateSubscription } from './subscription-update';

type ProrationBehavior = NonNullable<UpdateGiven['proration_behavior']>;

export function scheduleDue(schedule: Schedule): number | null {
  if (schedule.status === 'not_started') return schedule.phases[0]?.start_date ?? null;
  return schedule.status === 'active' ? (schedule.current_phase?.end_date ?? null) : null;
}

/** Runs the transitions that are due. Before renewals at the same instant, so that the new period bills the new items. */
export function advanceSchedule(app: App, schedule: Schedule): void {
  const sub = app.store.get('subscriptions', schedule.subscription);
  if (!sub || schedule.status !== 'active') return;
  while (
    schedule.status === 'active' &&
    schedule.current_phase &&
    schedule.current_phase.end_date <= app.now
  ) {
    const ended = schedule.current_phase.end_date;
    const next = schedule.phases.find((phase) => phase.start_date >= ended);
    if (next) {
      // A phase that begins drops the change that waits (stripe.md D44).
      if (sub.pending_update) dropPendingUpdate(app, sub, 'customer.subscription.pending_update_expired');
      app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
        rec.current_phase = { start_date: next.start_date, end_date: next.end_date };
      });
      enterPhase(app, schedule, sub, next);
    } else if (schedule.end_behavior === 'cancel') {
      app.change('schedules', schedule, null, (rec) => {
        rec.status = 'completed';
        rec.completed_at = app.now;
        rec.current_phase = null;
      });
      detach(app, sub);
      app.emit('subscription_schedule.completed', app.view('schedules', schedule));
      endWithPeriod(app, sub, 'cancellation_requested');
    } else release(app, schedule);
  }
}

/**
 * The phases were given anew: "Updating the active phase updates the underlying subscription as well", at once and
 * prorated as the request says (…/subscription-schedules#update-subscription-schedules). `from` is when the phase that
 * ran until now began: another one is entered.
 */
export function rerunPhase(
  app: App,
  schedule: Schedule,
  from: number | undefined,
  behavior: ProrationBehavior,
): void {
  const sub = app.store.get('subscriptions', schedule.subscription);
  const phase = schedule.phases.find((one) => one.start_date === schedule.current_phase?.start_date);
  if (sub && phase) enterPhase(app, schedule, sub, phase, phase.start_date === from ? behavior : undefined);
}

/** `again`: the phase runs already; how the request prorates. */
function enterPhase(
  app: App,
  schedule: Schedule,
  sub: Subscription,
  phase: Phase,
  again?: ProrationBehavior,
): void {
  const trialEnd = trialChange(app, sub, phase);
  const turns =
    trialEnd === undefined &&
    sub.items.every((item) => item.current_period_end <= app.now) &&
    !keepsAnchor(app, sub, schedule, phase);
  const anchors = !again && startsCycle(schedule, phase);
  const discounts = phaseDiscounts(app, sub, phase).map((discount) => discount.id);
  for (const old of sub.discounts) if (!discounts.includes(old)) dropDiscount(app, old);
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.discounts = discounts;
    takeSettings(app, rec, phase, schedule);
    if (!turns) return;
    const before = rec.items;
    takeItems(app, rec, phase, anchors, () => app.ids.make('si'));
    settleItems(app, rec.items, before);
  });
  const items = turns ? [] : itemUpdates(sub, phase);
  if (items.length > 0 || trialEnd !== undefined || (anchors && !turns)) {
    updateSubscription(app, sub, {
      ...(items.length > 0 ? { items } : {}),
      ...(trialEnd === undefined ? {} : { trial_end: trialEnd }),
      ...(anchors ? { billing_cycle_anchor: { type: 'now' as const } } : {}),
      proration_behavior: again ?? (phase.proration_behavior as ProrationBehavior),
    });
  }
  followEnd(app, schedule, sub);
}

export function followEnd(app: App, schedule: Schedule, sub: Subscription): void {
  const at = scheduledEnd(schedule);
  if (sub.cancel_at === at && !sub.cancel_at_period_end) return;
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.cancel_at = at;
    rec.cancel_at_period_end = false;
    markCancellation(app, rec);
  });
}

function detach(app: App, sub: Subscription): void {
  if (!sub.schedule) return;
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = null;
  });
}

/**
 * The schedule lets go; the subscription lives on as it is. The end that the schedule had set goes with it, unless
 * `preserve_cancel_date` (docs.stripe.com/api/subscription_schedules/release).
 */
export function release(app: App, schedule: Schedule, keepEnd = false): void {
  if (schedule.status !== 'active' && schedule.status !== 'not_started') {
    throw invalid(
      `You cannot release a subscription schedule that is currently in the \`${schedule.status}\` status. It must be in the \`active\` or \`not_started\` status.`,
    );
  }
  const sub = app.store.get('subscriptions', schedule.subscription);
  app.change('schedules', schedule, null, (rec) => {
    rec.status = 'released';
    rec.released_at = app.now;
    rec.released_subscription = rec.subscription;
    rec.subscription = null;
    rec.current_phase = null;
  });
  if (sub) {
    app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
      rec.schedule = null;
      if (keepEnd || rec.cancel_at === null) return;
      rec.cancel_at = null;
      markCancellation(app, rec);
    });
  }
  app.emit('subscription_schedule.released', app.view('schedules', schedule));
}

/** A schedule of its own makes its subscription when its first phase begins. */
export function beginSchedule(app: App, schedule: Schedule): void {
  const customer = app.store.get('customers', schedule.customer);
  const first = schedule.phases[0];
  if (!customer || !first || schedule.status !== 'not_started') return;
  const defaults = schedule.default_settings;
  const sub = startSubscription(app, {
    customer,
    items: first.items.map((item) => ({
      price: getRecurring(app, item.price),
      quantity: item.quantity ?? 1,
      metadata: item.metadata ?? {},
      discounts: item.discounts?.map(discountOf),
      taxRates: item.tax_rates ?? [],
    })),
    trialEnd: first.trial_end,
    discounts: first.discounts.map(discountOf),
    defaultTaxRates: first.default_tax_rates ?? [],
    automaticTax: (first.automatic_tax ?? defaults.automatic_tax)?.enabled ?? false,
    method: first.default_payment_method ?? defaults.default_payment_method,
    collection:
      (first.collection_method ?? defaults.collection_method) === 'send_invoice'
        ? 'send_invoice'
        : 'charge_automatically',
    description: first.description ?? defaults.description,
    metadata: first.metadata ?? {},
    behavior: 'allow_incomplete',
  });
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    rec.status = 'active';
    rec.subscription = sub.id;
    rec.current_phase = { start_date: first.start_date, end_date: first.end_date };
  });
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = schedule.id;
  });
  followEnd(app, schedule, sub);
}
