/**
 * What a payment means for the subscription behind it. https://docs.stripe.com/billing/subscriptions/overview
 */
import type { App } from '../app';
import { DAY } from '../clock';
import { subscriptionOf } from '../records/invoices';
import type { Outcome } from '../records/payments';
import { applyPendingUpdate } from '../records/subscription-pending';
import { endNow, setStatus } from '../records/subscriptions';
import type { Invoice, Subscription } from '../types';

export function invoicePaid(app: App, invoice: Invoice): void {
  const sub = subscriptionOf(app, invoice);
  if (!sub || sub.status === 'canceled' || sub.status === 'incomplete_expired') return;
  if (sub._.pending_invoice === invoice.id) applyPendingUpdate(app, sub);
  if (sub.status === 'incomplete' && invoice.billing_reason === 'subscription_create') {
    setStatus(app, sub, sub.trial_end !== null && sub.trial_end > app.now ? 'trialing' : 'active');
    return;
  }
  if (sub.status === 'paused' && sub._.resumes_on === invoice.id) {
    setStatus(app, sub, 'active');
    app.emit('customer.subscription.resumed', app.view('subscriptions', sub));
    return;
  }
  // Paying the latest invoice, or the last one open, brings a subscription back.
  if (
    (sub.status === 'past_due' || sub.status === 'unpaid') &&
    (latest(sub) === invoice.id || !hasOpen(app, sub))
  ) {
    setStatus(app, sub, 'active');
  }
}

function latest(sub: Subscription): string | null {
  return sub.latest_invoice;
}

function hasOpen(app: App, sub: Subscription): boolean {
  return app.store
    .by('invoices', 'subscription', sub.id)
    .some((one) => one.status === 'open' && one.id !== sub._.pending_invoice);
}

/**
 * invoice.payment_failed, with payment_action_required before it when the bank asks for 3-D Secure (stripe.md 29);
 * then past_due, and after the last retry the configured end (stripe.md 17).
 */
export function invoiceFailed(app: App, invoice: Invoice, outcome: Outcome, automatic: boolean): void {
  const sub = subscriptionOf(app, invoice);
  const held = sub?._.pending_invoice === invoice.id;
  const retries =
    automatic &&
    !held &&
    sub?.status !== 'incomplete' &&
    invoice.collection_method === 'charge_automatically';
  let over = false;
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    if (!retries) {
      if (sub?.status === 'incomplete' || held) rec.next_payment_attempt = null;
      return;
    }
    rec.next_payment_attempt = nextRetry(app, rec);
    over = rec.next_payment_attempt === null;
    if (over) rec.auto_advance = false;
  });
  if (outcome.kind === 'requires_action')
    app.emit('invoice.payment_action_required', app.view('invoices', invoice));
  app.emit('invoice.payment_failed', app.view('invoices', invoice));
  if (!sub || held) return;
  if (sub.status === 'active' || sub.status === 'trialing') setStatus(app, sub, 'past_due');
  if (!over || sub.status !== 'past_due') return;
  switch (app.settings.dunning_end) {
    case 'canceled':
      endNow(app, sub, 'payment_failed');
      break;
    case 'unpaid':
      setStatus(app, sub, 'unpaid');
      break;
    case 'paused':
      setStatus(app, sub, 'paused', 'final_payment_failure');
      app.emit('customer.subscription.paused', app.view('subscriptions', sub));
      break;
    case 'past_due':
      break;
  }
}

/** When the next automatic try is due, by the retry schedule in settings. */
function nextRetry(app: App, invoice: Invoice): number | null {
  const [days, ...rest] = invoice._.retries_left;
  invoice._.retries_left = rest;
  return days === undefined ? null : app.now + days * DAY;
}
