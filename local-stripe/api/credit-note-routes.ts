/** The API of credit notes. https://docs.stripe.com/api/credit_notes */
import { z } from 'zod';
import type { App } from '../app';
import { intentOf, markPaid } from '../engine/collect';
import { invalid, missing } from '../errors';
import { expand, filled, mergeMetadata, metadata, parse, range, text } from '../http/params';
import type { Call, Route } from '../http/router';
import { refundCharge } from '../records/charges';
import { creditNoteParams, makeCreditNote, viewCreditNote } from '../records/credit-notes';
import { adjustBalance } from '../records/customer-balance';
import type { Invoice } from '../types';
import { act, list, nested, noParams, one, retrieve, update } from './crud';

function create({ app, params }: Call): object {
  const given = parse(creditNoteParams, params);
  const invoice = app.need('invoices', given.invoice, 'invoice');
  return app.on(invoice.test_clock, () => {
    const note = makeCreditNote(app, given, true);
    if (given.refund_amount) {
      const charge = app.store.get('charges', intentOf(app, invoice)?.latest_charge);
      if (!charge)
        throw invalid('This invoice was not paid by a charge that can be refunded.', 'refund_amount');
      const refund = refundCharge(app, charge, given.refund_amount, null);
      note.refunds.push({
        amount_refunded: refund.amount,
        payment_record_refund: null,
        refund: refund.id,
        type: 'refund',
      });
    }
    for (const one of given.refunds ?? []) {
      if (!one.refund || !app.store.get('refunds', one.refund))
        throw missing('refund', one.refund ?? '', 'refunds[0][refund]');
      note.refunds.push({
        amount_refunded: one.amount_refunded ?? 0,
        payment_record_refund: null,
        refund: one.refund,
        type: 'refund',
      });
    }
    if (given.credit_amount) {
      note.customer_balance_transaction = adjustBalance(app, note.customer, -given.credit_amount, {
        currency: note.currency,
        type: 'credit_note',
        creditNote: note.id,
        invoice: invoice.id,
      }).id;
    }
    app.store.put('credit_notes', note);
    app.emit('credit_note.created', viewCreditNote(app, note));
    app.change('invoices', invoice, 'invoice.updated', (rec) => {
      rec.pre_payment_credit_notes_amount += note.pre_payment_amount;
      rec.post_payment_credit_notes_amount += note.post_payment_amount;
      rec.amount_due = Math.max(0, rec.amount_due - note.pre_payment_amount);
      rec.amount_remaining = Math.max(0, rec.amount_remaining - note.pre_payment_amount);
    });
    if (note.pre_payment_amount > 0) lowerPayment(app, invoice);
    return viewCreditNote(app, note);
  });
}

function lowerPayment(app: App, invoice: Invoice): void {
  if (invoice.amount_remaining === 0) {
    markPaid(app, invoice, { outOfBand: true });
    return;
  }
  const intent = intentOf(app, invoice);
  if (intent) app.store.put('payment_intents', Object.assign(intent, { amount: invoice.amount_remaining }));
  const payment = app.store.by('invoice_payments', 'invoice', invoice.id).at(-1);
  if (payment)
    app.store.put('invoice_payments', Object.assign(payment, { amount_requested: invoice.amount_remaining }));
}

const get = one('credit_notes');

export const creditNoteRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/credit_notes', handler: create },
  list('/v1/credit_notes', 'credit_notes', {
    params: { invoice: filled, customer: filled, created: range },
    by: ['invoice', 'customer'],
  }),
  {
    method: 'GET',
    pattern: '/v1/credit_notes/preview',
    handler: ({ app, params }) =>
      viewCreditNote(app, makeCreditNote(app, parse(creditNoteParams, params), false)),
  },
  retrieve('/v1/credit_notes/:id', 'credit_notes'),
  update(
    '/v1/credit_notes/:id',
    'credit_notes',
    'credit_note.updated',
    z.strictObject({ memo: text.optional(), metadata: metadata.optional(), expand }),
    (rec, given) => {
      if (given.memo !== undefined) rec.memo = given.memo || null;
      rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
  act('/v1/credit_notes/:id/void', 'credit_notes', noParams, (note, _given, app) => {
    const invoice = app.need('invoices', note.invoice);
    if (note.status === 'void' || invoice.status !== 'open')
      throw invalid('Only credit notes of open invoices can be voided.');
    app.change('credit_notes', note, 'credit_note.voided', (rec) => {
      rec.status = 'void';
      rec.voided_at = app.now;
    });
    app.change('invoices', invoice, 'invoice.updated', (rec) => {
      rec.pre_payment_credit_notes_amount -= note.pre_payment_amount;
      rec.amount_due += note.pre_payment_amount;
      rec.amount_remaining += note.pre_payment_amount;
    });
    lowerPayment(app, invoice);
  }),
  nested('/v1/credit_notes/:id/lines', (call) => get(call).lines, { order: 'oldest' }),
];
