/**
 * Periods: trials end, periods turn, upcoming invoices are announced. Renewal invoices are drafts for about an hour;
 * the period has moved before they are paid (stripe.md 27). https://docs.stripe.com/billing/invoices/subscription
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY, HOUR, nextBoundary } from '../clock';
import { isRunning } from '../records/discounts';
import { type Draft, draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { markUncollectible, shapeInvoice, viewInvoice, voidInvoice } from '../records/invoices';
import { priceAmount } from '../records/price-words';
import { dropPendingUpdate } from '../records/subscription-pending';
import { discountsOf, ENDED, endNow, periodEnd, setStatus, warnTrialEnd } from '../records/subscriptions';
import type {
  Customer,
  Discount,
  Invoice,
  JsonObject,
  Price,
  Schedule,
  Subscription,
  SubscriptionItem,
} from '../types';
import { createInvoice, methodFor } from './collect';
import { advanceSchedule, foreseePhase } from './schedules';

const UPCOMING = 7 * DAY;
const WARNING = 3 * DAY;
const DRAFT_TIME = HOUR;

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
    endNow(app, sub, null);
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
  app.store.put('subscriptions', sub);
  const invoice = createInvoice(app, cycleInvoice(app, sub, renewed, old));
  sub.latest_invoice = invoice.id;
  app.store.put('subscriptions', sub);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  if (sub.pause_collection) pauseCollection(app, sub.pause_collection.behavior, invoice);
}

/** Trial over and no card: as `missing_payment_method` says (stripe.md 18). True when nothing is billed. */
function withoutCard(app: App, sub: Subscription): boolean {
  if (
    methodFor(app, { customer: sub.customer, default_payment_method: null }, sub) ||
    sub.collection_method === 'send_invoice'
  )
    return false;
  switch (sub.trial_settings?.end_behavior.missing_payment_method) {
    case 'cancel':
      endNow(app, sub, 'cancellation_requested');
      return true;
    case 'pause':
      setStatus(app, sub, 'paused', 'trial_end_without_payment_method');
      app.emit('customer.subscription.paused', app.view('subscriptions', sub));
      return true;
    default:
      return false;
  }
}

function cycleDrafts(app: App, sub: Subscription, items: SubscriptionItem[]): Draft[] {
  return items.map((item) => {
    const price = app.store.get('prices', item.price) as Price;
    return draft(
      app,
      sub,
      item,
      price,
      priceAmount(price, item.quantity ?? 1),
      item.current_period_start,
      item.current_period_end,
      false,
    );
  });
}

/** The invoice's own period is the cycle that ended; the one being paid is on the lines (stripe.md 26). */
function cycleInvoice(
  app: App,
  sub: Subscription,
  items: SubscriptionItem[],
  old: { start: number; end: number },
) {
  const customer = app.store.get('customers', sub.customer);
  if (!customer) throw new Error(`Subscription ${sub.id} has no customer.`);
  // An unpaid subscription goes on making drafts that nobody collects (stripe.md 17).
  const collects = sub.status !== 'unpaid';
  return {
    customer,
    subscription: sub,
    reason: 'subscription_cycle' as Stripe.Invoice.BillingReason,
    drafts: [...pendingDrafts(app, sub), ...cycleDrafts(app, sub, items)],
    discounts: discountsOf(app, sub),
    currency: sub.currency,
    periodStart: old.start,
    periodEnd: old.end,
    automaticTax: sub.automatic_tax.enabled,
    autoAdvance: collects,
    finalizesAt: collects ? app.now + DRAFT_TIME : null,
  };
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

/**
 * What a preview asks about; what it leaves out is the subscription's, or its schedule's next phase's. With `items` it asks
 * of the subscription as if no schedule went on.
 */
export interface Asked {
  items?: SubscriptionItem[] | undefined;
  pending?: Draft[];
  schedule?: Schedule | undefined;
  /** The subscription's own, where the change that gives them is not written. */
  held?: Discount[] | undefined;
  customer?: Customer;
  discounts?: Discount[] | undefined;
  automaticTax?: boolean | undefined;
  extra?: Draft[];
}

/** The next cycle's invoice as it stands; null when the subscription ends before it and nothing else waits to be billed. */
export function upcomingInvoice(app: App, sub: Subscription, asked: Asked = {}): Invoice | null {
  const { items, pending = [], extra = [] } = asked;
  const end = periodEnd({ ...sub, items: items ?? sub.items });
  const ends = sub.cancel_at !== null && sub.cancel_at <= end;
  if (ends && pending.length === 0 && pendingDrafts(app, sub).length === 0) return null;
  const schedule = asked.schedule ?? app.store.get('schedules', sub.schedule);
  return app.clock.at(end, () => {
    const phase = ends || items ? null : foreseePhase(app, sub, schedule, end);
    const then = phase?.sub ?? sub;
    const coming = (items ?? then.items)
      .filter((item) => item.current_period_end <= end)
      .map((item) => {
        const price = app.store.get('prices', item.price) as Price;
        const was = app.store.get('prices', sub.items.find((one) => one.id === item.id)?.price);
        const rhythm = was && was.recurring?.interval !== price.recurring?.interval;
        const anchor = rhythm ? end : then.billing_cycle_anchor;
        return {
          ...item,
          current_period_start: end,
          current_period_end: nextBoundary(
            anchor,
            price.recurring?.interval ?? 'month',
            price.recurring?.interval_count ?? 1,
            end,
          ),
        };
      });
    const given = cycleInvoice(app, then, ends ? [] : coming, {
      start: sub.items[0]?.current_period_start ?? end,
      end,
    });
    const invoice = shapeInvoice(
      app,
      {
        ...given,
        customer: asked.customer ?? given.customer,
        discounts:
          asked.discounts ??
          (phase?.discounts ?? asked.held ?? given.discounts).filter((one) => isRunning(app, one)),
        automaticTax: asked.automaticTax ?? given.automaticTax,
        drafts: [...pending, ...given.drafts, ...extra],
        reason: 'upcoming',
      },
      true,
    );
    invoice.next_payment_attempt = end + DRAFT_TIME;
    invoice.automatically_finalizes_at = null;
    return invoice;
  });
}

/** invoice.upcoming has no id (stripe.md 28). */
function announce(app: App, sub: Subscription, end: number): void {
  sub._.upcoming_sent_for = end;
  app.store.put('subscriptions', sub);
  const invoice = upcomingInvoice(app, sub);
  if (!invoice) return;
  const { id: _id, ...shown } = viewInvoice(app, invoice) as unknown as JsonObject;
  app.emit('invoice.upcoming', shown);
}
