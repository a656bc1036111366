/** Credit notes: less owed on an open invoice; money, balance or outside credit on a paid one. https://docs.stripe.com/invoicing/integration/programmatic-credit-notes */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { intentOf, markPaid } from '../engine/collect';
import { invalid, missing } from '../errors';
import { embedded, page } from '../http/list';
import {
  amount,
  expand,
  filled,
  ignored,
  inRange,
  int,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import type { CreditNote, CreditNoteLine, Invoice, Metadata, Wire } from '../types';
import { adjustBalance } from './account';
import { refundCharge } from './charges';
import { getInvoice } from './invoices';

export function viewCreditNote(_app: App, note: CreditNote): Wire<Stripe.CreditNote> {
  return { ...note, lines: embedded(note.lines, `/v1/credit_notes/${note.id}/lines`, (line) => line) };
}

const fields = {
  invoice: filled,
  amount: amount.optional(),
  credit_amount: amount.optional(),
  refund_amount: amount.optional(),
  out_of_band_amount: amount.optional(),
  refunds: z
    .array(
      z.strictObject({
        refund: filled.optional(),
        amount_refunded: amount.optional(),
        type: ignored,
        payment_record_refund: ignored,
      }),
    )
    .optional(),
  lines: z
    .array(
      z.strictObject({
        type: z.enum(['invoice_line_item', 'custom_line_item']),
        invoice_line_item: filled.optional(),
        amount: amount.optional(),
        quantity: int.optional(),
        unit_amount: amount.optional(),
        description: text.optional(),
        tax_amounts: ignored,
        tax_rates: ignored,
        metadata: ignored,
        unit_amount_decimal: ignored,
      }),
    )
    .optional(),
  effective_at: int.optional(),
  memo: text.optional(),
  metadata: metadata.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory']).optional(),
  email_type: ignored,
  shipping_cost: ignored,
  expand,
};
const createParams = z.strictObject(fields);
type Given = z.output<typeof createParams>;

interface Amounts {
  lines: {
    description: string | null;
    net: number;
    tax: number;
    quantity: number;
    source: Invoice['lines'][number] | null;
  }[];
  subtotal: number;
  tax: number;
  total: number;
}

function amountsOf(invoice: Invoice, given: Given): Amounts {
  const ratio = invoice.total_excluding_tax
    ? (invoice.total - invoice.total_excluding_tax) / invoice.total_excluding_tax
    : 0;
  const rows = given.lines?.map((line) => {
    const source = invoice.lines.find((one) => one.id === line.invoice_line_item) ?? null;
    if (line.type === 'invoice_line_item' && !source)
      throw missing('invoice line item', line.invoice_line_item ?? '', 'lines[0][invoice_line_item]');
    const quantity = line.quantity ?? 1;
    const full = source
      ? source.amount - (source.discount_amounts ?? []).reduce((sum, one) => sum + one.amount, 0)
      : 0;
    const unit = line.unit_amount ?? (source?.quantity ? full / source.quantity : 0);
    const net = line.amount ?? (line.quantity === undefined && source ? full : Math.round(unit * quantity));
    return {
      description: line.description ?? source?.description ?? null,
      net,
      tax: Math.round(net * ratio),
      quantity,
      source,
    };
  });
  if (rows) {
    const subtotal = rows.reduce((sum, row) => sum + row.net, 0);
    const tax = rows.reduce((sum, row) => sum + row.tax, 0);
    return { lines: rows, subtotal, tax, total: subtotal + tax };
  }
  // A bare amount includes its tax.
  const total =
    given.amount ??
    (given.credit_amount ?? 0) +
      (given.refund_amount ?? 0) +
      (given.out_of_band_amount ?? 0) +
      (given.refunds ?? []).reduce((sum, one) => sum + (one.amount_refunded ?? 0), 0);
  const subtotal = Math.round(total / (1 + ratio));
  return {
    lines: [{ description: 'Credit', net: subtotal, tax: total - subtotal, quantity: 1, source: null }],
    subtotal,
    tax: total - subtotal,
    total,
  };
}

function make(app: App, given: Given, keep: boolean): CreditNote {
  const invoice = getInvoice(app, given.invoice, 'invoice');
  if (invoice.status !== 'open' && invoice.status !== 'paid')
    throw invalid('Credit notes can only be created for open or paid invoices.', 'invoice');
  const amounts = amountsOf(invoice, given);
  const left =
    invoice.total - invoice.pre_payment_credit_notes_amount - invoice.post_payment_credit_notes_amount;
  if (amounts.total < 1) throw invalid('You must specify an amount, or lines, greater than 0.', 'amount');
  if (amounts.total > left)
    throw invalid(
      `The credit note amount (${amounts.total}) exceeds what is left of the invoice (${left}).`,
      'amount',
    );
  const open = invoice.status === 'open';
  const refunds = (given.refunds ?? []).reduce((sum, one) => sum + (one.amount_refunded ?? 0), 0);
  const parts =
    (given.credit_amount ?? 0) + (given.refund_amount ?? 0) + (given.out_of_band_amount ?? 0) + refunds;
  if (!open && parts !== amounts.total) {
    throw invalid(
      `The sum of credit amount, refund amount and out of band amount (${parts}) must equal the post payment credit note amount (${amounts.total}).`,
      'amount',
    );
  }
  const made = keep ? app.ids.make('cn') : 'cn_preview';
  const taxLine = invoice.total_taxes?.[0];
  const lineTaxes = (row: Amounts['lines'][number]): NonNullable<CreditNoteLine['taxes']> =>
    taxLine ? [{ ...taxLine, amount: row.tax, taxable_amount: row.net }] : [];
  const sequence = keep ? app.store.next(`credit_note:${invoice.id}`) : 1;
  return {
    id: made,
    object: 'credit_note',
    amount: amounts.total,
    amount_shipping: 0,
    created: app.now,
    currency: invoice.currency,
    customer: invoice.customer ?? '',
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: given.effective_at ?? app.now,
    invoice: invoice.id,
    lines: amounts.lines.map((row) => ({
      id: keep ? app.ids.make('cnli') : 'cnli_preview',
      object: 'credit_note_line_item',
      amount: row.net,
      description: row.description,
      discount_amount: 0,
      discount_amounts: [],
      ...(row.source ? { invoice_line_item: row.source.id } : {}),
      livemode: false,
      metadata: {},
      pretax_credit_amounts: [],
      quantity: row.quantity,
      tax_rates: [],
      taxes: lineTaxes(row),
      type: row.source ? 'invoice_line_item' : 'custom_line_item',
      unit_amount: Math.round(row.net / row.quantity),
      unit_amount_decimal: String(row.net / row.quantity),
    })),
    livemode: false,
    memo: given.memo || null,
    metadata: (given.metadata ?? {}) as Metadata,
    number: `${invoice.number ?? 'DRAFT'}-CN-${String(sequence).padStart(2, '0')}`,
    out_of_band_amount: given.out_of_band_amount ?? null,
    pdf: `${app.url}/i/${invoice.id}/pdf`,
    post_payment_amount: open ? 0 : amounts.total,
    pre_payment_amount: open ? amounts.total : 0,
    pretax_credit_amounts: [],
    reason: given.reason ?? null,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal: amounts.subtotal,
    subtotal_excluding_tax: amounts.subtotal,
    total: amounts.total,
    total_excluding_tax: amounts.subtotal,
    total_taxes: taxLine ? [{ ...taxLine, amount: amounts.tax, taxable_amount: amounts.subtotal }] : [],
    type: open ? 'pre_payment' : 'post_payment',
    voided_at: null,
  } satisfies CreditNote;
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const invoice = getInvoice(app, given.invoice, 'invoice');
  return app.on(invoice.test_clock, () => {
    const note = make(app, given, true);
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

function get(call: Call): CreditNote {
  const note = call.app.store.get('credit_notes', id(call));
  if (!note) throw missing('credit note', id(call));
  return note;
}

export const creditNoteRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/credit_notes', handler: create },
  {
    method: 'GET',
    pattern: '/v1/credit_notes',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({
          ...paging,
          invoice: filled.optional(),
          customer: filled.optional(),
          created: range.optional(),
        }),
        params,
      );
      const pool = given.invoice
        ? app.store.by('credit_notes', 'invoice', given.invoice)
        : given.customer
          ? app.store.by('credit_notes', 'customer', given.customer)
          : [...app.store.all('credit_notes')];
      return page(
        pool.filter((one) => inRange(one.created, given.created)),
        given,
        '/v1/credit_notes',
        (note) => viewCreditNote(app, note),
      );
    },
  },
  {
    method: 'GET',
    pattern: '/v1/credit_notes/preview',
    handler: ({ app, params }) => viewCreditNote(app, make(app, parse(createParams, params), false)),
  },
  { method: 'GET', pattern: '/v1/credit_notes/:id', handler: (call) => viewCreditNote(call.app, get(call)) },
  {
    method: 'POST',
    pattern: '/v1/credit_notes/:id',
    handler: (call) => {
      const given = parse(
        z.strictObject({ memo: text.optional(), metadata: metadata.optional(), expand }),
        call.params,
      );
      call.app.change('credit_notes', get(call), 'credit_note.updated', (rec) => {
        if (given.memo !== undefined) rec.memo = given.memo || null;
        rec.metadata = mergeMetadata(rec.metadata, given.metadata);
      });
      return viewCreditNote(call.app, get(call));
    },
  },
  {
    method: 'POST',
    pattern: '/v1/credit_notes/:id/void',
    handler: (call) => {
      const note = get(call);
      const invoice = getInvoice(call.app, note.invoice);
      if (note.status === 'void' || invoice.status !== 'open')
        throw invalid('Only credit notes of open invoices can be voided.');
      call.app.change('credit_notes', note, 'credit_note.voided', (rec) => {
        rec.status = 'void';
        rec.voided_at = call.app.now;
      });
      call.app.change('invoices', invoice, 'invoice.updated', (rec) => {
        rec.pre_payment_credit_notes_amount -= note.pre_payment_amount;
        rec.amount_due += note.pre_payment_amount;
        rec.amount_remaining += note.pre_payment_amount;
      });
      lowerPayment(call.app, invoice);
      return viewCreditNote(call.app, note);
    },
  },
  {
    method: 'GET',
    pattern: '/v1/credit_notes/:id/lines',
    handler: (call) =>
      page(
        get(call).lines,
        parse(z.strictObject(paging), call.params),
        `/v1/credit_notes/${id(call)}/lines`,
        (line) => line,
        'oldest',
      ),
  },
];
