/** Subscription schedules, and how they follow their subscription. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
import type { App } from '../app';
import type { Phase, Subscription } from '../types';
import type { UpdateGiven } from './subscription-params';

/** A trial that is over counts as none. */
export function running(app: App, trialEnd: number | null): number | null {
  return trialEnd !== null && trialEnd > app.now ? trialEnd : null;
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

/**
 * A direct change of the subscription is written into the current phase, some of it into `default_settings` as well; metadata
 * splits the phase there (stripe.md D47; https://github.com/bitwarden/server/pull/7695: two phases became three); phases to come keep what they say and overrule it when they begin
 * (…#subscription-updates-when-a-schedule-is-attached).
 */
export function followSubscription(app: App, sub: Subscription, given: UpdateGiven): void {
  const schedule = app.store.get('schedules', sub.schedule);
  const start = schedule?.current_phase?.start_date;
  if (!schedule || start === undefined) return;
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    const defaults = rec.default_settings;
    if (given.automatic_tax) defaults.automatic_tax = { ...sub.automatic_tax };
    if (given.collection_method) defaults.collection_method = sub.collection_method;
    if (given.default_payment_method !== undefined)
      defaults.default_payment_method = sub.default_payment_method;
    const splits = given.metadata !== undefined && app.settings.metadata_splits_phase && app.now > start;
    if (splits && rec.current_phase) rec.current_phase.start_date = app.now;
    rec.phases = rec.phases.flatMap((phase) => {
      if (phase.start_date !== start) return [phase];
      const rest = {
        ...phase,
        ...(splits ? { start_date: app.now, metadata: { ...phase.metadata, ...sub.metadata } } : {}),
        items:
          inWords(phase.items) === inWords(sub.items) &&
          !given.items?.some((one) => one.discounts !== undefined || one.tax_rates !== undefined)
            ? phase.items
            : phaseItems(sub),
        ...(given.trial_end === undefined ? {} : { trial_end: running(app, sub.trial_end) }),
        ...(given.automatic_tax && phase.automatic_tax ? { automatic_tax: { ...sub.automatic_tax } } : {}),
        ...(given.discounts === undefined ? {} : { discounts: ownDiscounts(sub) }),
        ...(given.default_tax_rates === undefined ? {} : { default_tax_rates: sub.default_tax_rates ?? [] }),
      };
      return splits ? [{ ...phase, end_date: app.now }, rest] : [rest];
    });
  });
}

function inWords(items: { price: string; quantity?: number }[]): string {
  return items
    .map((item) => `${item.price} ${item.quantity ?? 1}`)
    .sort()
    .join();
}

/** The subscription’s discounts, in a phase’s words. */
export function ownDiscounts(sub: Subscription): Phase['discounts'] {
  return sub.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null }));
}

/** The subscription’s items, in a phase’s words. */
export function phaseItems(sub: Subscription): Phase['items'] {
  return sub.items.map((item) => ({
    billing_thresholds: null,
    discounts: item.discounts.map((one) => ({ coupon: null, discount: String(one), promotion_code: null })),
    metadata: item.metadata,
    plan: item.price,
    price: item.price,
    quantity: item.quantity ?? 1,
    tax_rates: item.tax_rates ?? [],
  }));
}
