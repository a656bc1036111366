/** Credit notes: less owed on an open invoice; money, balance or outside credit on a paid one. https://docs.stripe.com/invoicing/integration/programmatic-credit-notes */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid, missing } from '../errors';
import { embedded } from '../http/list';
import { amount, expand, filled, ignored, int, metadata, text } from '../http/params';
import type { CreditNote, CreditNoteLine, Invoice, Metadata, Wire } from '../types';

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
export const creditNoteParams = z.strictObject(fields);
type Given = z.output<typeof creditNoteParams>;

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

export function makeCreditNote(app: App, given: Given, keep: boolean): CreditNote {
  const invoice = app.need('invoices', given.invoice, 'invoice');
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
