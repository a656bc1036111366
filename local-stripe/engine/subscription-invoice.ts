/** What the invoices of a subscription say: of a change, and of a period. */
import type Stripe from 'stripe';
import type { App } from '../app';
import { HOUR } from '../clock';
import { type Draft, draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { billedDiscounts } from '../records/subscriptions';
import type { Price, Subscription, SubscriptionItem } from '../types';
import { shortened } from './early-end';

export const DRAFT_TIME = HOUR;

function cycleDrafts(app: App, sub: Subscription, items: SubscriptionItem[]): Draft[] {
  return items.map((item) => {
    const price = app.store.get('prices', item.price) as Price;
    const { amount, end } = shortened(app, sub, item);
    return draft(app, sub, item, price, amount, item.current_period_start, end, false);
  });
}

/** The invoice's own period is the cycle that ended; the one being paid is on the lines (stripe.md 26). */
export function cycleInvoice(
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
    discounts: billedDiscounts(app, sub),
    currency: sub.currency,
    periodStart: old.start,
    periodEnd: old.end,
    automaticTax: sub.automatic_tax.enabled,
    autoAdvance: collects,
    finalizesAt: collects ? app.now + DRAFT_TIME : null,
  };
}

/** The start of the running period: what an update or a manual invoice of a subscription says of itself (stripe.md G6). */
export function runningSince(sub: Subscription, now: number): number {
  return Math.min(now, Math.max(...sub.items.map((item) => item.current_period_start)));
}

/** `alone`: invoice items that wait are left for another invoice, as `pending_if_incomplete` does (stripe.md F7). */
export function updateInvoiceGiven(
  app: App,
  sub: Subscription,
  drafts: Draft[],
  prorationDate: number | undefined,
  alone = false,
) {
  const customer = app.need('customers', sub.customer, 'customer');
  return {
    customer,
    subscription: sub,
    reason: 'subscription_update' as const,
    drafts: alone ? drafts : [...pendingDrafts(app, sub), ...drafts],
    discounts: billedDiscounts(app, sub),
    currency: sub.currency,
    periodStart: runningSince(sub, app.now),
    periodEnd: app.now,
    automaticTax: sub.automatic_tax.enabled,
    autoAdvance: true,
    // One that is sent waits as a draft for an hour, any other is collected at once.
    finalizesAt: sub.collection_method === 'send_invoice' ? app.now + DRAFT_TIME : null,
    prorationDate: prorationDate ?? null,
    defaultPaymentMethod: null,
  };
}
