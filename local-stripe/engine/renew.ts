/**
 * Periods: trials end, periods turn, upcoming invoices are announced. Renewal invoices are drafts for about an hour;
 * the period has moved before they are paid (stripe.md 27). https://docs.stripe.com/billing/invoices/subscription
 */
import type { App } from '../app';
import { DAY, nextBoundary } from '../clock';
import { markUncollectible, voidInvoice } from '../records/invoices';
import { dropPendingUpdate } from '../records/subscription-pending';
import { ENDED, periodEnd, warnTrialEnd } from '../records/subscriptions';
import type { Invoice, Price, Subscription, SubscriptionItem } from '../types';
import { recordCuts } from './early-end';
import { endWithPeriod } from './ending';
import { createInvoice } from './finalize';
import { advanceSchedule } from './schedules';
import { cycleInvoice } from './subscription-invoice';
import { withoutCard } from './trial-end';
import { announce } from './upcoming';

const UPCOMING = 7 * DAY;
const WARNING = 3 * DAY;

/** The next instant at which this subscription needs attention. */
export function subscriptionDue(sub: Subscription): number | null {
  if (ENDED.includes(sub.status)) return null;
  const times: number[] = [];
  if (sub.status === 'incomplete') return sub._.incomplete_until;
  const end = periodEnd(sub);
  if (sub.pending_update) times.push(sub.pending_update.expires_at);
  if (sub.cancel_at !== null) times.push(sub.cancel_at);
  if (sub.status === 'paused') return times.length > 0 ? Math.min(...times) : null;
  times.push(end);
  if (sub.status === 'trialing' && sub.trial_end && sub._.trial_warned_for !== sub.trial_end) {
    times.push(Math.max(sub.created, sub.trial_end - WARNING));
  }
  if (announces(sub, end)) times.push(Math.max(sub.items[0]?.current_period_start ?? 0, end - UPCOMING));
  if (sub.pause_collection?.resumes_at) times.push(sub.pause_collection.resumes_at);
  return Math.min(...times);
}

function announces(sub: Subscription, end: number): boolean {
  return (
    sub._.upcoming_sent_for !== end &&
    !['unpaid', 'paused', 'incomplete'].includes(sub.status) &&
    (sub.cancel_at === null || sub.cancel_at > end)
  );
}

export function subscriptionFires(app: App, sub: Subscription): void {
  if (!sub.schedule) fires(app, sub);
  // A boundary of phases is a boundary of periods as well: one `updated`, with the items (stripe.md F4).
  else
    app.once('subscriptions', sub, 'customer.subscription.updated', () => {
      fires(app, sub);
      return !ENDED.includes(sub.status); // its end has an event of its own
    });
}

function fires(app: App, sub: Subscription): void {
  if (ENDED.includes(sub.status)) return;
  const { now } = app;
  if (sub.status === 'incomplete') {
    if (sub._.incomplete_until !== null && sub._.incomplete_until <= now) expireIncomplete(app, sub);
    return;
  }
  if (sub.pending_update && sub.pending_update.expires_at <= now)
    dropPendingUpdate(app, sub, 'customer.subscription.pending_update_expired');
  const schedule = app.store.get('schedules', sub.schedule);
  if (schedule) advanceSchedule(app, schedule);
  if (ENDED.includes(sub.status)) return;
  if (sub.cancel_at !== null && sub.cancel_at <= now) {
    endWithPeriod(app, sub, null);
    return;
  }
  if (sub.pause_collection?.resumes_at && sub.pause_collection.resumes_at <= now) {
    app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
      rec.pause_collection = null;
    });
  }
  if (sub.status === 'paused') return;
  if (
    sub.status === 'trialing' &&
    sub.trial_end &&
    sub._.trial_warned_for !== sub.trial_end &&
    sub.trial_end - WARNING <= now
  )
    warnTrialEnd(app, sub);
  const end = periodEnd(sub);
  if (end <= now) turnPeriod(app, sub);
  else if (announces(sub, end) && end - UPCOMING <= now) announce(app, sub, end);
}

/** `incomplete` for 23 hours → `incomplete_expired`: updated, never deleted; its invoice is void (stripe.md 16). */
function expireIncomplete(app: App, sub: Subscription): void {
  const before = app.view('subscriptions', sub);
  sub.status = 'incomplete_expired';
  sub.ended_at = app.now;
  sub._.incomplete_until = null;
  app.store.put('subscriptions', sub);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  const invoice = app.store.get('invoices', sub.latest_invoice);
  if (invoice?.status === 'open') voidInvoice(app, invoice);
}

function turnPeriod(app: App, sub: Subscription): void {
  const trialEnded = sub.status === 'trialing';
  if (trialEnded && withoutCard(app, sub)) return;
  const before = app.view('subscriptions', sub);
  const { now } = app;
  const old = { start: sub.items[0]?.current_period_start ?? now, end: periodEnd(sub) };
  const renewed: SubscriptionItem[] = [];
  sub.items = sub.items.map((item) => {
    if (item.current_period_end > now) return item;
    const price = app.store.get('prices', item.price) as Price;
    const from = item.current_period_end;
    const next = {
      ...item,
      current_period_start: from,
      current_period_end: nextBoundary(
        sub.billing_cycle_anchor,
        price.recurring?.interval ?? 'month',
        price.recurring?.interval_count ?? 1,
        from,
      ),
    };
    renewed.push(next);
    return next;
  });
  if (trialEnded) sub.status = 'active';
  if (sub.cancel_at_period_end) sub.cancel_at = periodEnd(sub);
  recordCuts(app, sub, renewed);
  app.store.put('subscriptions', sub);
  const invoice = createInvoice(app, cycleInvoice(app, sub, renewed, old));
  sub.latest_invoice = invoice.id;
  app.store.put('subscriptions', sub);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  if (sub.pause_collection) pauseCollection(app, sub.pause_collection.behavior, invoice);
}

/** `pause_collection` leaves the status alone and stops the money (stripe.md 19). https://docs.stripe.com/billing/subscriptions/pause-payment */
function pauseCollection(app: App, behavior: string, invoice: Invoice): void {
  if (behavior === 'void') voidInvoice(app, invoice);
  else if (behavior === 'mark_uncollectible') markUncollectible(app, invoice);
  else {
    app.change('invoices', invoice, null, (rec) => {
      rec.auto_advance = false;
      rec.automatically_finalizes_at = null;
    });
  }
}
