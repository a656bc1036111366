/**
 * Subscription schedules: phases that change a subscription when their time comes.
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
import type { App } from '../app';
import { invalid } from '../errors';
import { makeDiscount } from '../objects/discounts';
import { updateSubscription } from '../objects/subscription-update';
import { endNow } from '../objects/subscriptions';
import type { Phase, Schedule, Subscription } from '../types';
import { getRecurring, periodAfter, shapeItem } from './changes';

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
      enterPhase(app, sub, next);
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

/** The items of a phase on the subscription: an item keeps its id where one with that price, or at that place, is there. */
function enterPhase(app: App, sub: Subscription, phase: Phase): void {
  const atBoundary = sub.items.every((item) => item.current_period_end <= app.now);
  const pairs = phase.items.map((wanted, at) => ({
    wanted,
    known:
      sub.items.find((item) => item.price === wanted.price) ??
      (sub.items.length === phase.items.length ? sub.items[at] : undefined),
  }));
  const metadata = phase.metadata ?? {};
  if (!atBoundary) {
    const kept = new Set(pairs.map(({ known }) => known?.id));
    updateSubscription(app, sub, {
      items: [
        ...pairs.map(({ wanted, known }) => ({
          ...(known ? { id: known.id } : {}),
          price: wanted.price,
          quantity: wanted.quantity ?? 1,
        })),
        ...sub.items.filter((item) => !kept.has(item.id)).map((item) => ({ id: item.id, deleted: true })),
      ],
      proration_behavior: phase.proration_behavior as 'create_prorations',
      ...(phase.billing_cycle_anchor === 'phase_start'
        ? { billing_cycle_anchor: { type: 'now' as const } }
        : {}),
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    });
    return;
  }
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    let rhythm = false;
    rec.items = pairs.map(({ wanted, known }) => {
      const price = getRecurring(app, wanted.price);
      if (!known)
        return shapeItem(
          app,
          rec.id,
          price,
          wanted.quantity ?? 1,
          { start: app.now, end: app.now },
          app.ids.make('si'),
        );
      const old = getRecurring(app, known.price);
      rhythm ||=
        old.recurring?.interval !== price.recurring?.interval ||
        old.recurring?.interval_count !== price.recurring?.interval_count;
      return { ...known, price: price.id, quantity: wanted.quantity ?? 1 };
    });
    if (rhythm || phase.billing_cycle_anchor === 'phase_start') rec.billing_cycle_anchor = app.now;
    rec.metadata = { ...rec.metadata, ...metadata };
    if (phase.discounts.length > 0) {
      const customer = app.store.get('customers', rec.customer);
      if (customer) {
        rec.discounts = phase.discounts.map(
          (one) =>
            one.discount ??
            makeDiscount(
              app,
              one.promotion_code ? { promotion_code: one.promotion_code } : { coupon: one.coupon ?? '' },
              { customer, subscription: rec.id },
            ).id,
        );
      }
    }
  });
}

/** What the phase that begins at `at` would bill; null when no phase begins there. */
export function itemsFrom(app: App, sub: Subscription, at: number): Subscription['items'] | null {
  const schedule = app.store.get('schedules', sub.schedule);
  const phase = schedule?.phases.find((one) => one.start_date <= at && one.end_date > at);
  if (!phase || !schedule?.current_phase || phase.start_date === schedule.current_phase.start_date)
    return null;
  return phase.items.map((wanted, place) => {
    const price = getRecurring(app, wanted.price);
    const known = sub.items.find((item) => item.price === wanted.price) ?? sub.items[place];
    return known
      ? { ...known, price: price.id, quantity: wanted.quantity ?? 1 }
      : shapeItem(
          app,
          sub.id,
          price,
          wanted.quantity ?? 1,
          { start: at, end: periodAfter(price, at, at) },
          'si_preview',
        );
  });
}

export function detach(app: App, sub: Subscription): void {
  if (!sub.schedule) return;
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = null;
  });
}

/** The schedule lets go; the subscription lives on as it is. */
export function release(app: App, schedule: Schedule): void {
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
  if (sub) detach(app, sub);
  app.emit('subscription_schedule.released', app.view('schedules', schedule));
}

/** Cancelling a subscription cancels its schedule. */
export function cancelScheduleOf(app: App, sub: Subscription): void {
  const schedule = app.store.get('schedules', sub.schedule);
  if (!schedule || (schedule.status !== 'active' && schedule.status !== 'not_started')) return;
  app.change('schedules', schedule, null, (rec) => {
    rec.status = 'canceled';
    rec.canceled_at = app.now;
    rec.current_phase = null;
  });
  sub.schedule = null;
  app.store.put('subscriptions', sub);
  app.emit('subscription_schedule.canceled', app.view('schedules', schedule));
}

/** A direct change of items rewrites the current phase. */
export function followItems(app: App, sub: Subscription): void {
  const schedule = app.store.get('schedules', sub.schedule);
  const start = schedule?.current_phase?.start_date;
  if (!schedule || start === undefined) return;
  const wanted = phaseItems(sub);
  const now = schedule.phases.find((phase) => phase.start_date === start);
  if (!now || JSON.stringify(now.items) === JSON.stringify(wanted)) return;
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    rec.phases = rec.phases.map((phase) =>
      phase.start_date === start ? { ...phase, items: wanted } : phase,
    );
  });
}

export function phaseItems(sub: Subscription): Phase['items'] {
  return sub.items.map((item) => ({
    billing_thresholds: null,
    discounts: [],
    metadata: item.metadata,
    plan: item.price,
    price: item.price,
    quantity: item.quantity ?? 1,
    tax_rates: [],
  }));
}
