/** The end that a period brings. https://docs.stripe.com/billing/subscriptions/cancel */
import type { App } from '../app';
import { pendingDrafts } from '../records/invoice-items';
import { endNow, periodEnd } from '../records/subscriptions';
import type { Subscription } from '../types';
import { createInvoice } from './finalize';
import { cycleInvoice } from './subscription-invoice';

/**
 * Prorations that wait "are left in place and collected at the end of the period" (the SDK's comment at
 * `subscriptions.cancel`): a last invoice takes them.
 */
export function endWithPeriod(app: App, sub: Subscription, reason: Parameters<typeof endNow>[2]): void {
  const old = { start: sub.items[0]?.current_period_start ?? app.now, end: periodEnd(sub) };
  const collects = sub.status !== 'unpaid';
  endNow(app, sub, reason, { leavesPending: true });
  if (pendingDrafts(app, sub).length === 0) return;
  const given = cycleInvoice(app, sub, [], old);
  const invoice = createInvoice(app, {
    ...given,
    autoAdvance: collects,
    finalizesAt: collects ? given.finalizesAt : null,
  });
  sub.latest_invoice = invoice.id;
  app.store.put('subscriptions', sub);
}
