/** Ending a subscription at once. https://docs.stripe.com/api/subscriptions/cancel */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { planChange } from '../engine/changes';
import { createInvoice, finalize } from '../engine/finalize';
import { updateInvoiceGiven } from '../engine/subscription-invoice';
import { missing } from '../errors';
import { bool, expand, text } from '../http/params';
import { keepPending } from '../records/invoice-items';
import { ENDED, endNow } from '../records/subscriptions';
import type { Subscription } from '../types';

export const cancelParams = z.strictObject({
  cancellation_details: z.strictObject({ comment: text.optional(), feedback: text.optional() }).optional(),
  invoice_now: bool.optional(),
  prorate: bool.optional(),
  expand,
});

/** `prorate` credits what was paid for and is not used, with an invoice at once under `invoice_now`. */
export function cancelSubscription(sub: Subscription, given: z.output<typeof cancelParams>, app: App): void {
  if (ENDED.includes(sub.status)) {
    throw missing('subscription', sub.id); // a second cancel finds none (stripe.md F11)
  }
  if (given.prorate && sub.status !== 'trialing') {
    const plan = planChange(
      app,
      sub,
      { items: [], behavior: 'create_prorations', resetAnchor: true, discounts: [] },
      () => 'si_none',
    );
    sub._.billed = [];
    if (given.invoice_now && plan.credits.length > 0) {
      const invoice = createInvoice(
        app,
        { ...updateInvoiceGiven(app, sub, plan.credits, undefined), autoAdvance: true },
        false,
      );
      sub.latest_invoice = invoice.id;
      finalize(app, invoice);
    } else
      for (const one of plan.credits)
        keepPending(app, { ...sub, _: { ...sub._, billed: [] } }, { ...one, item: null }, app.now);
  }
  endNow(app, sub, 'cancellation_requested', {
    atOnce: true,
    leavesPending: given.prorate === true || given.invoice_now === true,
    comment: given.cancellation_details?.comment || null,
    feedback: (given.cancellation_details?.feedback ||
      null) as Stripe.Subscription.CancellationDetails.Feedback | null,
  });
}
