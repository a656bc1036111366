/** `/i/{invoice}`: the hosted invoice, and its PDF. https://docs.stripe.com/invoicing/hosted-invoice-page */
import { html } from 'hono/html';
import type { App } from '../app';
import { formatDay } from '../clock';
import { collect, intentOf } from '../engine/collect';
import { linkEnds, viewInvoice } from '../records/invoices';
import { attach, makeCard } from '../records/payment-methods';
import { refuses } from '../records/payments';
import { money } from '../records/price-words';
import type { Invoice } from '../types';
import type { Page } from './checkout';
import { cardFields, cardOf, type Fields } from './fields';
import { layout, notice } from './layout';

/** `until`: what the link says of itself, when it was handed out late (stripe.md D62). */
export function linkExpired(app: App, invoiceId: string, until: number): boolean {
  const invoice = app.store.get('invoices', invoiceId);
  return invoice !== undefined && invoice.status !== 'draft' && app.now > Math.max(linkEnds(invoice), until);
}

export function invoicePage(app: App, invoiceId: string, problem?: string, values: Fields = {}): Page {
  const invoice = app.store.get('invoices', invoiceId);
  if (!invoice || invoice.status === 'draft')
    return { status: 404, html: notice('Not found', 'There is no invoice with this address.') };
  const intent = intentOf(app, invoice);
  const waits = intent?.status === 'requires_action' && invoice.status === 'open';
  const customer = app.store.get('customers', invoice.customer);
  const methods = app.store.by('payment_methods', 'customer', invoice.customer);
  return {
    status: problem ? 402 : 200,
    html: layout(
      `Invoice ${invoice.number ?? ''}`,
      html`<div class="two"><section aria-label="Invoice"><h1>Invoice ${invoice.number}</h1>
      <p class="big">${money(invoice.status === 'open' ? invoice.amount_remaining : invoice.total, invoice.currency)}</p>
      <p class="soft">${stateOf(invoice)}</p>
      <ul class="rows card"><li><span>To</span><span>${invoice.customer_name ?? invoice.customer_email}</span></li>
      ${invoice.lines.map((line) => html`<li><span>${line.description}<br><span class="soft">${formatDay(line.period.start)} – ${formatDay(line.period.end)}</span></span><span>${money(line.amount, line.currency)}</span></li>`)}
      ${(invoice.total_discount_amounts ?? []).map((one) => html`<li><span>Discount</span><span>${money(-one.amount, invoice.currency)}</span></li>`)}
      ${(invoice.total_taxes ?? []).map((one) => html`<li><span>VAT${one.taxability_reason === 'reverse_charge' ? ' (reverse charge)' : ''}</span><span>${money(one.amount, invoice.currency)}</span></li>`)}
      <li class="sum"><span>Total</span><span>${money(invoice.total, invoice.currency)}</span></li></ul>
      <p><a class="button" href="${viewInvoice(app, invoice).invoice_pdf}">Download PDF</a></p></section>
      <section aria-label="Payment">${problem && html`<p class="note bad" role="alert">${problem}</p>`}
      ${invoice.status === 'paid' && html`<p class="note ok" role="status">Invoice paid. Thank you.</p>`}
      ${waits && intent && html`<div class="card"><h2>Your bank asks for authentication</h2><p><a class="button main" href="/authenticate/${intent.id}">Authenticate payment</a></p></div>`}
      ${
        invoice.status === 'open' &&
        html`<form class="card" method="post"><h2>Pay this invoice</h2>
        ${
          methods.length > 0 &&
          html`<fieldset><legend>Saved cards</legend>${methods.map(
            (method) =>
              html`<p><label><input type="radio" name="saved" value="${method.id}"${method.id === customer?.invoice_settings.default_payment_method ? html` checked` : ''}>${method.card?.brand} •••• ${method.card?.last4}</label></p>`,
          )}</fieldset><button class="main" name="do" value="saved" formnovalidate>Pay with saved card</button>`
        }
        ${cardFields(values)}<button class="main wide" name="do" value="pay">Pay ${money(invoice.amount_remaining, invoice.currency)}</button></form>`
      }</section></div>`,
    ),
  };
}

function stateOf(invoice: Invoice): string {
  if (invoice.status === 'paid' && invoice.status_transitions.paid_at)
    return `Paid on ${formatDay(invoice.status_transitions.paid_at)}`;
  if (invoice.status === 'void') return 'Void: nothing to pay';
  return invoice.status === 'uncollectible'
    ? 'Uncollectible'
    : `Due ${formatDay(invoice.due_date ?? invoice.created)}`;
}

export function invoicePost(app: App, invoiceId: string, values: Fields): Page {
  const invoice = app.store.get('invoices', invoiceId);
  if (invoice?.status !== 'open') return invoicePage(app, invoiceId);
  return app.on(invoice.test_clock, () => {
    try {
      const customer = app.store.get('customers', invoice.customer);
      let method = app.store.get('payment_methods', values.do === 'saved' ? values.saved : null);
      if (values.do === 'saved' && method?.customer !== invoice.customer) throw new Error('Choose a card.');
      if (!method) {
        method = makeCard(app, { ...cardOf(values, app.now), name: customer?.name, email: customer?.email });
        // A card that cannot even be saved is declined, as a payment with it would be.
        const decline = refuses(method);
        if (decline) throw new Error(decline.message);
        if (customer) attach(app, method, customer);
      }
      const tried = collect(app, invoice, {
        automatic: false,
        offSession: false,
        method,
        returnUrl: `/i/${invoice.id}`,
      });
      if (tried.kind === 'requires_action')
        return { status: 303, location: `/authenticate/${intentOf(app, invoice)?.id ?? ''}` };
      if (tried.kind === 'failed') throw new Error(tried.decline.message);
      return { status: 303, location: `/i/${invoice.id}` };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return invoicePage(app, invoiceId, error.message, { ...values, card: '', cvc: '' });
    }
  });
}

/** A real, small PDF 1.4: one page of text. */
export function invoicePdf(app: App, invoiceId: string): Buffer | null {
  const invoice = app.store.get('invoices', invoiceId);
  if (!invoice || invoice.status === 'draft') return null;
  const rows = [
    'Local Stripe - test mode, no real money',
    `Invoice ${invoice.number ?? ''}`,
    `Date ${formatDay(invoice.created)}   Status ${invoice.status ?? ''}`,
    `To ${invoice.customer_name ?? invoice.customer_email ?? ''}`,
    '',
    ...invoice.lines.map((line) => `${line.description ?? ''}   ${money(line.amount, line.currency)}`),
    '',
    ...(invoice.total_discount_amounts ?? []).map(
      (one) => `Discount   ${money(-one.amount, invoice.currency)}`,
    ),
    ...(invoice.total_taxes ?? []).map((one) => `VAT   ${money(one.amount, invoice.currency)}`),
    `Total   ${money(invoice.total, invoice.currency)}`,
  ];
  const text = rows
    .map(
      (row) =>
        `(${row
          .replaceAll('€', 'EUR ')
          .replaceAll('×', 'x')
          .replace(/[^\x20-\x7e]/g, '?')
          .replace(/[\\()]/g, '\\$&')}) Tj T*`,
    )
    .join('\n');
  const stream = `BT /F1 11 Tf 16 TL 56 780 Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let out = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = out.length;
    out += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const xref = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}`;
  out += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}
