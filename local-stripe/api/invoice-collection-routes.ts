/** The API of what becomes of an invoice: finalized, paid, void, given up, sent. https://docs.stripe.com/api/invoices/pay */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { HOUR } from '../clock';
import { collect, markPaid } from '../engine/collect';
import { finalize } from '../engine/finalize';
import { invalid } from '../errors';
import { bool, expand, filled, ignored, parse, range, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { markUncollectible, viewInvoice, voidInvoice } from '../records/invoices';
import { resolvePaymentMethod } from '../records/payment-methods';
import { refusal } from '../records/subscriptions';
import type { Invoice } from '../types';
import { list, retrieve } from './crud';

function pay(call: Call): object {
  const { app } = call;
  const invoice = app.need('invoices', id(call));
  const given = parse(
    z.strictObject({
      payment_method: filled.optional(),
      paid_out_of_band: bool.optional(),
      off_session: bool.optional(),
      forgive: ignored,
      mandate: ignored,
      source: ignored,
      expand,
    }),
    call.params,
  );
  return app.on(invoice.test_clock, () => {
    if (invoice.status === 'draft') finalize(app, invoice);
    // An invoice of nothing is paid by being finalized.
    if (
      invoice.status === 'paid' &&
      invoice.amount_due === 0 &&
      invoice.status_transitions.paid_at === app.now
    )
      return viewInvoice(app, invoice);
    if (invoice.status === 'paid')
      throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
    if (invoice.status === 'void')
      throw invalid('Invoice is void and cannot be paid.', undefined, 'invoice_not_payable');
    if (given.paid_out_of_band) {
      markPaid(app, invoice, { outOfBand: true });
      return viewInvoice(app, invoice);
    }
    const method = given.payment_method
      ? resolvePaymentMethod(app, given.payment_method, invoice.customer)
      : undefined;
    const tried = collect(app, invoice, {
      automatic: false,
      offSession: given.off_session ?? true,
      ...(method ? { method } : {}),
    });
    if (tried.kind === 'requires_action') {
      throw invalid(
        'Payment for this invoice requires additional user action before it can be completed successfully.',
        undefined,
        'invoice_payment_intent_requires_action',
      );
    }
    if (tried.kind !== 'succeeded') throw refusal(tried);
    return viewInvoice(app, invoice);
  });
}

function act(verb: (app: App, invoice: Invoice) => void, from: string[], words: string) {
  return (call: Call): object => {
    const { app } = call;
    const invoice = app.need('invoices', id(call));
    parse(z.strictObject({ auto_advance: ignored, expand }), call.params);
    if (!from.includes(String(invoice.status))) throw invalid(words, undefined, 'invoice_not_editable');
    app.on(invoice.test_clock, () => verb(app, invoice));
    return viewInvoice(app, invoice);
  };
}

function finalizeCall(call: Call): object {
  const { app } = call;
  const invoice = app.need('invoices', id(call));
  const given = parse(z.strictObject({ auto_advance: bool.optional(), expand }), call.params);
  app.on(invoice.test_clock, () => {
    finalize(app, invoice);
    if (
      invoice.status === 'open' &&
      (given.auto_advance ?? invoice.auto_advance) &&
      invoice.collection_method === 'charge_automatically'
    ) {
      // Collected about an hour later, as Stripe does. https://docs.stripe.com/api/invoices/finalize
      app.change('invoices', invoice, null, (rec) => {
        rec.auto_advance = true;
        rec.next_payment_attempt = app.now + HOUR;
      });
    }
  });
  return viewInvoice(app, invoice);
}

export const invoiceCollectionRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/invoices/:id/finalize', handler: finalizeCall },
  { method: 'POST', pattern: '/v1/invoices/:id/pay', handler: pay },
  {
    method: 'POST',
    pattern: '/v1/invoices/:id/void',
    handler: act(
      voidInvoice,
      ['open', 'uncollectible'],
      "You can only pass in open invoices. This invoice isn't open.",
    ),
  },
  {
    method: 'POST',
    pattern: '/v1/invoices/:id/mark_uncollectible',
    handler: act(markUncollectible, ['open'], 'Only open invoices can be marked uncollectible.'),
  },
  {
    method: 'POST',
    pattern: '/v1/invoices/:id/send',
    handler: act(
      (app, invoice) => app.emit('invoice.sent' as Stripe.Event['type'], app.view('invoices', invoice)),
      ['open'],
      'Only open invoices can be sent.',
    ),
  },
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
