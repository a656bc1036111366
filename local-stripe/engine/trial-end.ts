/** What becomes of a trial that ends. https://docs.stripe.com/billing/subscriptions/trials */
import type { App } from '../app';
import { endNow, setStatus } from '../records/subscriptions';
import type { Subscription } from '../types';
import { methodFor } from './collect';

/** Trial over and no card: as `missing_payment_method` says (stripe.md 18). True when nothing is billed. */
export function withoutCard(app: App, sub: Subscription): boolean {
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
