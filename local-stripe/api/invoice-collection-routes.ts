import { z } from 'zod';
import type { App } from '../app';
import { HOUR } from '../clock';
import { collect, intentOf, markPaid } from '../engine/collect';
import { finalize } from '../engine/finalize';
import { invalid } from '../errors';
import { bool, expand, filled, ignored, range, text } from '../http/params';
import type { Route } from '../http/router';
import { markUncollectible, voidInvoice } from '../records/invoices';
import { resolvePaymentMethod } from '../records/payment-methods';
import { refusal } from '../records/subscriptions';
import type { Invoice } from '../types';
import { act, list, retrieve } from './crud';

const payParams = z.strictObject({
  payment_method: filled.optional(),
  paid_out_of_band: bool.optional(),
  off_session: bool.optional(),
  forgive: ignored,
  mandate: ignored,
  source: ignored,
  expand,
});

function pay(invoice: Invoice, given: z.output<typeof payParams>, app: App): void {
  if (invoice.status === 'draft') finalize(app, invoice);
  // An invoice of nothing is paid by being finalized.
  if (invoice.status === 'paid' && invoice.amount_due === 0 && invoice.status_transitions.paid_at === app.now)
    return;
  if (invoice.status === 'paid') throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
  if (invoice.status === 'void')
    throw invalid('Invoice is void and cannot be paid.', undefined, 'invoice_not_payable');
  if (given.paid_out_of_band) {
    markPaid(app, invoice, { outOfBand: true });
    return;
  }
  const method = given.payment_method
    ? resolvePaymentMethod(app, given.payment_method, invoice.customer)
    : undefined;
  const tried = collect(app, invoice, {
    automatic: false,
    offSession: given.off_session ?? true,
    ...(method ? { method } : {}),
  });
  if (tried.kind !== 'succeeded') triesAgain(app, invoice);
  if (tried.kind === 'requires_action') {
    throw invalid(
      'Payment for this invoice requires additional user action before it can be completed successfully.',
      undefined,
      'invoice_payment_intent_requires_action',
    );
  }
  if (tried.kind !== 'succeeded') throw refusal(tried);
}

/** A failed call is no promise: where Stripe collects by itself it may do so minutes later, by setting (stripe.md F8). */
function triesAgain(app: App, invoice: Invoice): void {
  const minutes = app.settings.pay_again_minutes;
  if (minutes === null || !invoice.auto_advance || invoice.status !== 'open') return;
  app.change('invoices', invoice, null, (rec) => {
    rec.next_payment_attempt = app.now + minutes * 60;
  });
}

/** What only invoices of some status allow. */
function turn(
  pattern: string,
  from: string[],
  words: string,
  verb: (app: App, invoice: Invoice) => void,
): Route {
  const schema = z.strictObject({ auto_advance: ignored, expand });
  return act(pattern, 'invoices', schema, (invoice, _given, app) => {
    if (!from.includes(String(invoice.status))) throw invalid(words, undefined, 'invoice_not_editable');
    if (verb === voidInvoice && intentOf(app, invoice)?.status === 'processing')
      throw invalid('A payment of this invoice is under way: it cannot be voided.'); // stripe.md F8
    verb(app, invoice);
  });
}

export const invoiceCollectionRoutes: Route[] = [
  act(
    '/v1/invoices/:id/finalize',
    'invoices',
    z.strictObject({ auto_advance: bool.optional(), expand }),
    (invoice, given, app) => {
      finalize(app, invoice);
      const collects =
        (given.auto_advance ?? invoice.auto_advance) && invoice.collection_method === 'charge_automatically';
      if (invoice.status !== 'open' || !collects) return;
      // Collected about an hour later, as Stripe does. https://docs.stripe.com/api/invoices/finalize
      app.change('invoices', invoice, null, (rec) => {
        rec.auto_advance = true;
        rec.next_payment_attempt = app.now + HOUR;
      });
    },
  ),
  act('/v1/invoices/:id/pay', 'invoices', payParams, pay),
  turn(
    '/v1/invoices/:id/void',
    ['open', 'uncollectible'],
    "You can only pass in open invoices. This invoice isn't open.",
    voidInvoice,
  ),
  turn(
    '/v1/invoices/:id/mark_uncollectible',
    ['open'],
    'Only open invoices can be marked uncollectible.',
    markUncollectible,
  ),
  turn('/v1/invoices/:id/send', ['open'], 'Only open invoices can be sent.', (app, invoice) =>
    app.emit('invoice.sent', app.view('invoices', invoice)),
  ),
  list('/v1/invoice_payments', 'invoice_payments', {
    params: {
      invoice: filled,
      status: text,
      created: range,
      payment: z.strictObject({ type: text, payment_intent: filled.optional(), payment_record: ignored }),
    },
    by: ['invoice'],
    same: ['status'],
    where: (one, { payment }) =>
      !payment?.payment_intent || one.payment.payment_intent === payment.payment_intent,
  }),
  retrieve('/v1/invoice_payments/:id', 'invoice_payments'),
];
