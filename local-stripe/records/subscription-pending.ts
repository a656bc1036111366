/** A change that waits for its payment. https://docs.stripe.com/billing/subscriptions/pending-updates */
import type { App } from '../app';
import type { Subscription } from '../types';
import { followPeriod, setCancellation } from './cancellation';
import { recordBilled, voidInvoice } from './invoices';
import { settleItems } from './item-discounts';
import { truncateBilled } from './subscription-items';

/** The invoice of a pending update was paid. https://docs.stripe.com/billing/subscriptions/pending-updates */
export function applyPendingUpdate(app: App, sub: Subscription): void {
  const pending = sub.pending_update;
  const invoice = app.store.get('invoices', sub._.pending_invoice);
  if (!pending || !invoice) return;
  const before = app.view('subscriptions', sub);
  const { now } = app;
  const at = sub._.pending_at ?? now;
  const items = pending.subscription_items;
  if (items) {
    const touched = sub.items
      .filter((old) => {
        const next = items.find((item) => item.id === old.id);
        return (
          !next ||
          next.price !== old.price ||
          next.quantity !== old.quantity ||
          next.current_period_end !== old.current_period_end
        );
      })
      .map((item) => item.id);
    sub._.billed = truncateBilled(sub._.billed, touched, at);
    settleItems(app, items, sub.items);
    sub.items = items;
  }
  if (pending.billing_cycle_anchor) sub.billing_cycle_anchor = pending.billing_cycle_anchor;
  if (pending.trial_end) sub.trial_end = pending.trial_end;
  if (pending.metadata) sub.metadata = pending.metadata;
  followPeriod(sub);
  if (pending.cancel_at_period_end !== null)
    setCancellation(app, sub, pending.cancel_at_period_end, undefined);
  sub.pending_update = null;
  sub._.pending_invoice = null;
  sub._.pending_at = null;
  app.store.put('subscriptions', sub);
  recordBilled(app, invoice);
  app.told('subscriptions', sub, 'customer.subscription.updated', before);
  app.emit('customer.subscription.pending_update_applied', app.view('subscriptions', sub));
}

export function dropPendingUpdate(
  app: App,
  sub: Subscription,
  event: 'customer.subscription.pending_update_expired' | null,
): void {
  const invoice = app.store.get('invoices', sub._.pending_invoice);
  // Superseded, it is part of an update that tells of itself; expired, nobody knows whether `updated` comes (stripe.md F16).
  const tells = event === null || app.settings.expiry_updates;
  app.change('subscriptions', sub, tells ? 'customer.subscription.updated' : null, (rec) => {
    rec.pending_update = null;
    rec._.pending_invoice = null;
    rec._.pending_at = null;
  });
  if (invoice?.status === 'open') voidInvoice(app, invoice);
  if (event) app.emit(event, app.view('subscriptions', sub));
}
