import type Stripe from 'stripe';
import { callStripe } from '@/lib/stripe/client';
import { writeMarks } from '@/lib/stripe/metadata';
import { DAY_MS } from '@/lib/time';
import { keptOf } from './kept';
import { type InvoiceRow as Row, VatDecisionConflict } from './vat-claim';

/** The mark of what was made in the place of an invoice: names it. */
const MARK = 'vat_reissue_of';

/**
 * Credits what was kept of an invoice and makes that again, taxed as its customer is now. What an earlier try made is found by
 * its mark and gone on with. Answers the ids at Stripe. @throws VatDecisionConflict `nothing_kept`
 */
export async function makeAgain(
  stripe: Stripe,
  row: Row,
): Promise<{ creditNoteId: string; reissuedAs: string }> {
  const invoice = await callStripe(() => stripe.invoices.retrieve(row.stripeInvoiceId));
  const note = (await findNote(stripe, row)) ?? (await credit(stripe, row, invoice));
  const draft = (await findAgain(stripe, row, invoice)) ?? (await makeDraft(stripe, row, invoice));
  if (draft.status === 'draft') {
    if (draft.lines.data.length === 0) await fill(stripe, row, draft, note.amount);
    await callStripe(() => stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true }));
  }
  return { creditNoteId: note.id, reissuedAs: draft.id };
}

/** The credit note that an earlier try wrote; null when there is none. */
export async function findNote(stripe: Stripe, row: Row): Promise<Stripe.CreditNote | null> {
  const { data } = await callStripe(() =>
    stripe.creditNotes.list({ invoice: row.stripeInvoiceId, limit: 100 }),
  );
  return data.find(({ metadata, status }) => metadata?.[MARK] === row.id && status === 'issued') ?? null;
}

async function credit(stripe: Stripe, row: Row, invoice: Stripe.Invoice): Promise<Stripe.CreditNote> {
  const amount = await keptOf(stripe, invoice);
  if (amount <= 0) throw new VatDecisionConflict('nothing_kept');
  return callStripe(() =>
    stripe.creditNotes.create(
      {
        invoice: row.stripeInvoiceId,
        amount,
        // On a paid one it is said where the money goes; an open one just owes less.
        ...(invoice.status === 'paid' ? { credit_amount: amount } : {}),
        metadata: { [MARK]: row.id },
      },
      { idempotencyKey: `vat_note:${row.id}:${amount}` },
    ),
  );
}

async function findAgain(stripe: Stripe, row: Row, invoice: Stripe.Invoice): Promise<Stripe.Invoice | null> {
  const customer = customerOf(invoice);
  const since = { created: { gte: invoice.created } };
  const list = await callStripe(() =>
    stripe.invoices.list({ customer, ...since, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  return list.find(({ metadata, status }) => metadata?.[MARK] === row.id && status !== 'void') ?? null;
}

async function makeDraft(stripe: Stripe, row: Row, invoice: Stripe.Invoice): Promise<Stripe.Invoice> {
  const isSent = invoice.collection_method === 'send_invoice';
  const days = invoice.due_date ? Math.ceil(((invoice.due_date - invoice.created) * 1000) / DAY_MS) : 14;
  const card = await cardOf(stripe, row, invoice);
  return callStripe(() =>
    stripe.invoices.create(
      {
        customer: customerOf(invoice),
        currency: invoice.currency,
        auto_advance: false,
        automatic_tax: { enabled: true },
        pending_invoice_items_behavior: 'exclude',
        collection_method: isSent ? 'send_invoice' : 'charge_automatically',
        ...(isSent ? { days_until_due: Math.max(1, days) } : card ? { default_payment_method: card } : {}),
        metadata: {
          ...writeMarks({ merchant: row.merchantId, platform: row.platformId, kind: row.kind }),
          [MARK]: row.id,
        },
      },
      { idempotencyKey: `vat_again:${row.id}` },
    ),
  );
}

/** One line of what was credited, net: lines that are negative (the rest of a former plan) cannot be taxed automatically. */
async function fill(stripe: Stripe, row: Row, draft: Stripe.Invoice, amount: number): Promise<void> {
  const period =
    row.periodStart && row.periodEnd
      ? { start: row.periodStart.getTime() / 1000, end: row.periodEnd.getTime() / 1000 }
      : null;
  await callStripe(() =>
    stripe.invoiceItems.create(
      {
        customer: customerOf(draft),
        invoice: draft.id,
        amount,
        currency: draft.currency,
        description: [row.number, ...row.lines.map((line) => line.description)].filter(Boolean).join(' · '),
        tax_behavior: 'exclusive',
        discountable: false,
        ...(period ? { period } : {}),
      },
      { idempotencyKey: `vat_line:${row.id}` },
    ),
  );
}

/** The card of its subscription, as Checkout leaves it there. */
async function cardOf(stripe: Stripe, row: Row, invoice: Stripe.Invoice): Promise<string | null> {
  const idOf = (one: string | { id: string } | null) => (typeof one === 'string' ? one : (one?.id ?? null));
  const own = idOf(invoice.default_payment_method);
  const subscription = row.stripeSubscriptionId;
  if (own || !subscription) return own;
  const { default_payment_method } = await callStripe(() => stripe.subscriptions.retrieve(subscription));
  return idOf(default_payment_method);
}

function customerOf({ customer }: Stripe.Invoice): string {
  if (!customer) throw new Error('an invoice of ours has a customer');
  return typeof customer === 'string' ? customer : customer.id;
}
