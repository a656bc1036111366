/**
 * Invoices in the shape of basil and later: `parent.subscription_details`, `payments`, no `subscription`, `paid`,
 * `charge` (stripe.md 24). https://docs.stripe.com/api/invoices
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY } from '../clock';
import { counted } from '../http/list';
import type { Invoice, InvoiceLine, List, Subscription, Wire } from '../types';
import { cancelIntent } from './payment-intents';
import { strip } from './strip';

/** A line does not say its subscription itself, though the types do (stripe.md G11). */
export function viewLine(line: InvoiceLine): Omit<InvoiceLine, 'subscription'> {
  const { subscription: _subscription, ...shown } = line;
  return shown;
}

/**
 * When its hosted page and PDF stop: 30 days after the due date, else the finalisation, and 120 days at most; what the API
 * hands out then is good for ten days more (stripe.md D62). https://docs.stripe.com/invoicing/hosted-invoice-page
 */
export function linkEnds(invoice: Invoice): number {
  const from = invoice.status_transitions.finalized_at ?? invoice.created;
  return Math.min((invoice.due_date ?? from) + 30 * DAY, from + 120 * DAY);
}

/** A link as it is handed out now. */
function fresh(app: App, invoice: Invoice, link: string | null | undefined): string | null {
  const until = app.now + 10 * DAY;
  return link ? (until > linkEnds(invoice) ? `${link}?until=${until}` : link) : null;
}

export function viewInvoice(app: App, invoice: Invoice): Wire<Stripe.Invoice> {
  const { lines, ...rest } = strip(invoice);
  const shown = counted(lines, `/v1/invoices/${invoice.id}/lines`, viewLine) as List<InvoiceLine>;
  return {
    ...rest,
    hosted_invoice_url: fresh(app, invoice, invoice.hosted_invoice_url),
    invoice_pdf: fresh(app, invoice, invoice.invoice_pdf),
    lines: shown,
  };
}

export function subscriptionOf(app: App, invoice: Invoice): Subscription | undefined {
  return app.store.get('subscriptions', invoice._.subscription);
}

/** Remembers on the subscription what each item was really billed for (stripe.md 14). */
export function recordBilled(app: App, invoice: Invoice): void {
  const sub = subscriptionOf(app, invoice);
  if (!sub) return;
  for (const line of invoice.lines) {
    const item = line.parent?.subscription_item_details;
    if (!item) continue;
    const off = (line.discount_amounts ?? []).reduce((sum, one) => sum + one.amount, 0);
    const known = sub._.billed.find((one) => item.invoice_item !== null && one.line === item.invoice_item);
    if (known) {
      known.invoice = invoice.id;
      known.line = line.id;
    } else if (line.amount > 0 && wasNeverPending(app, item.invoice_item) && line.period.end > app.now) {
      sub._.billed.push({
        item: item.subscription_item,
        invoice: invoice.id,
        line: line.id,
        amount: line.amount - off,
        start: line.period.start,
        end: line.period.end,
      });
    }
  }
  sub._.billed = sub._.billed.filter((one) => one.end > app.now);
  app.store.put('subscriptions', sub);
}

function wasNeverPending(app: App, item: string | null): boolean {
  return item === null || app.store.get('invoice_items', item)?._.at_once === true;
}

export function voidInvoice(app: App, invoice: Invoice): void {
  app.change('invoices', invoice, 'invoice.voided', (rec) => {
    rec.status = 'void';
    rec.auto_advance = false;
    rec.automatically_finalizes_at = null;
    rec.next_payment_attempt = null;
    rec.status_transitions = { ...rec.status_transitions, voided_at: app.now };
  });
  cancelPayments(app, invoice);
}

export function markUncollectible(app: App, invoice: Invoice): void {
  app.change('invoices', invoice, 'invoice.marked_uncollectible', (rec) => {
    rec.status = 'uncollectible';
    rec.auto_advance = false;
    rec.next_payment_attempt = null;
    rec.status_transitions = { ...rec.status_transitions, marked_uncollectible_at: app.now };
  });
}

function cancelPayments(app: App, invoice: Invoice): void {
  for (const payment of app.store.by('invoice_payments', 'invoice', invoice.id)) {
    if (payment.status !== 'open') continue;
    const intent = app.store.get('payment_intents', payment.payment.payment_intent);
    if (intent) cancelIntent(app, intent, 'void_invoice');
    payment.status = 'canceled';
    payment.status_transitions = { canceled_at: app.now, paid_at: null };
    app.store.put('invoice_payments', payment);
  }
}
