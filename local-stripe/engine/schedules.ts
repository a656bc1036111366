/**
 * Subscription schedules: phases that change a subscription when their time comes.
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
import type { App } from '../app';
import { invalid } from '../errors';
import { mergeMetadata } from '../http/params';
import { markCancellation } from '../records/cancellation';
import { getRecurring } from '../records/catalog';
import { dropDiscount, isRunning, makeDiscount, redeemable } from '../records/discounts';
import { discountOf } from '../records/schedule-phases';
import { running } from '../records/schedules';
import { shapeItem } from '../records/subscription-items';
import type { UpdateGiven } from '../records/subscription-params';
import { endNow } from '../records/subscriptions';
import type { Discount, Phase, Schedule, Subscription } from '../types';
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
      endNow(app, sub, 'cancellation_requested');
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
  const turns = trialEnd === undefined && sub.items.every((item) => item.current_period_end <= app.now);
  const anchors = !again && startsCycle(schedule, phase);
  const discounts = phaseDiscounts(app, sub, phase).map((discount) => discount.id);
  for (const old of sub.discounts) if (!discounts.includes(old)) dropDiscount(app, old);
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.discounts = discounts;
    takeSettings(app, rec, phase, schedule);
    if (turns) takeItems(app, rec, phase, anchors, () => app.ids.make('si'));
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

/** "You must specify the new `trial_end` on each phase" (…#use-trials): a phase without one ends a trial. */
function trialChange(app: App, sub: Subscription, phase: Phase): number | 'now' | undefined {
  const trial = running(app, phase.trial_end);
  return trial === running(app, sub.trial_end) ? undefined : (trial ?? 'now');
}

function startsCycle(schedule: Schedule, phase: Phase): boolean {
  return (phase.billing_cycle_anchor ?? schedule.default_settings.billing_cycle_anchor) === 'phase_start';
}

/**
 * All the discounts that the subscription has in a phase. A phase that names none leaves it none: it "inherits the
 * discount from the subscription's customer", never the subscription's own (docs.stripe.com/api/subscription_schedules/
 * update#update_subscription_schedule-phases-discounts); customers have no discount here. A coupon is redeemed anew and
 * its time starts again, `discount` goes on with the old one. What can no longer be redeemed by then gives nothing.
 */
function phaseDiscounts(app: App, sub: Subscription, phase: Phase, keep = true): Discount[] {
  const customer = app.store.get('customers', sub.customer);
  if (!customer) return [];
  return phase.discounts
    .map(discountOf)
    .filter((one) => redeemable(app, one, customer.id))
    .map((one) => makeDiscount(app, one, { customer, subscription: sub.id }, keep))
    .filter((discount) => isRunning(app, discount));
}

/**
 * What a phase does not say, the schedule's `default_settings` say (…#phase-attribute-inheritance); without a default
 * the payment method is the customer's. Metadata is added key by key, an empty value removes its key
 * (…#use-phase-metadata).
 */
function takeSettings(app: App, rec: Subscription, phase: Phase, schedule: Schedule): void {
  const defaults = schedule.default_settings;
  rec.metadata = mergeMetadata(rec.metadata, phase.metadata ?? {});
  rec.automatic_tax = { ...rec.automatic_tax, ...(phase.automatic_tax ?? defaults.automatic_tax) };
  rec.collection_method = phase.collection_method ?? defaults.collection_method ?? rec.collection_method;
  rec.days_until_due = rec.collection_method === 'send_invoice' ? (rec.days_until_due ?? 30) : null;
  rec.description = phase.description ?? defaults.description ?? rec.description;
  const method = phase.default_payment_method ?? defaults.default_payment_method;
  const attached = app.store.get('payment_methods', method)?.customer === rec.customer;
  rec.default_payment_method = attached ? method : null;
}

/** A phase's items with the subscription's: one of the same price, else one that no other item of the phase takes. */
function pairItems(sub: Subscription, phase: Phase) {
  const free = sub.items.filter((item) => !phase.items.some((wanted) => wanted.price === item.price));
  return phase.items.map((wanted) => ({
    wanted,
    known: sub.items.find((item) => item.price === wanted.price) ?? free.shift(),
  }));
}

/** The items of a phase that begins as a period ends: nothing to prorate, the new period bills them. */
function takeItems(app: App, rec: Subscription, phase: Phase, anchors: boolean, newId: () => string): void {
  let rhythm = false;
  rec.items = pairItems(rec, phase).map(({ wanted, known }) => {
    const price = getRecurring(app, wanted.price);
    const quantity = wanted.quantity ?? 1;
    if (!known) {
      const period = { start: app.now, end: app.now };
      return shapeItem(app, rec.id, price, quantity, period, newId(), wanted.metadata ?? {});
    }
    const old = getRecurring(app, known.price);
    rhythm ||=
      old.recurring?.interval !== price.recurring?.interval ||
      old.recurring?.interval_count !== price.recurring?.interval_count;
    const metadata = mergeMetadata(known.metadata, wanted.metadata ?? {});
    return { ...known, price: price.id, quantity, metadata };
  });
  if (rhythm || anchors) rec.billing_cycle_anchor = app.now;
}

/** The same as a change of the subscription; empty where the items are those of the phase. */
function itemUpdates(sub: Subscription, phase: Phase): NonNullable<UpdateGiven['items']> {
  const pairs = pairItems(sub, phase);
  const kept = new Set(pairs.map(({ known }) => known?.id));
  return [
    ...pairs.flatMap(({ wanted, known }) => {
      const metadata = mergeMetadata(known?.metadata ?? {}, wanted.metadata ?? {});
      const change = { price: wanted.price, quantity: wanted.quantity ?? 1, metadata };
      if (!known) return [change];
      const same =
        known.price === change.price &&
        known.quantity === change.quantity &&
        JSON.stringify(known.metadata) === JSON.stringify(metadata);
      return same ? [] : [{ id: known.id, ...change }];
    }),
    ...sub.items.filter((item) => !kept.has(item.id)).map((item) => ({ id: item.id, deleted: true })),
  ];
}

/**
 * The subscription as the phase that begins at `at` will have it, nothing written; null when none begins there. Run it
 * at that instant.
 */
export function foreseePhase(
  app: App,
  sub: Subscription,
  schedule: Schedule | undefined,
  at: number,
): { sub: Subscription; discounts: Discount[] } | null {
  const phase = schedule?.phases.find((one) => one.start_date <= at && one.end_date > at);
  if (!schedule || !phase || phase.start_date === schedule.current_phase?.start_date) return null;
  return foresee(app, sub, schedule, phase, (rec) =>
    takeItems(app, rec, phase, startsCycle(schedule, phase), () => 'si_preview'),
  );
}

/** What an update of the running phase makes of the subscription but for its items, and what it asks of those. */
export function foreseeRerun(app: App, sub: Subscription, schedule: Schedule) {
  const phase = schedule.phases.find((one) => one.start_date === schedule.current_phase?.start_date);
  if (!phase) return null;
  return {
    ...foresee(app, sub, schedule, phase, () => {}),
    items: itemUpdates(sub, phase),
    trialEnd: trialChange(app, sub, phase),
  };
}

function foresee(
  app: App,
  sub: Subscription,
  schedule: Schedule,
  phase: Phase,
  items: (rec: Subscription) => void,
): { sub: Subscription; discounts: Discount[] } {
  const then = structuredClone(sub);
  const discounts = phaseDiscounts(app, sub, phase, false);
  takeSettings(app, then, phase, schedule);
  items(then);
  then.cancel_at = scheduledEnd({ ...schedule, current_phase: phase });
  return { sub: then, discounts };
}

/**
 * While a schedule is attached the subscription ends as the schedule does. Its `cancel_at` is not set before the last
 * phase begins (…#complete-a-schedule).
 */
function scheduledEnd(schedule: Pick<Schedule, 'end_behavior' | 'phases' | 'current_phase'>): number | null {
  const last = schedule.phases.at(-1);
  const inLast = last !== undefined && last.start_date === schedule.current_phase?.start_date;
  return schedule.end_behavior === 'cancel' && inLast ? last.end_date : null;
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
    })),
    trialEnd: first.trial_end,
    discounts: first.discounts.map(discountOf),
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
