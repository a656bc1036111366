/** An invoice as it is made. https://docs.stripe.com/api/invoices/object */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Customer, Discount, Invoice, InvoiceLine, Metadata, Subscription, Wire } from '../types';
import { creditsFirst, type Draft } from './drafts';
import { makeLines, totalsOf, withBalance } from './invoice-lines';
import { placeFor } from './tax';

export interface InvoiceGiven {
  customer: Customer;
  subscription: Subscription | null;
  reason: Stripe.Invoice.BillingReason;
  drafts: Draft[];
  discounts: Discount[];
  currency: string;
  periodStart: number;
  periodEnd: number;
  automaticTax: boolean;
  autoAdvance: boolean;
  finalizesAt?: number | null;
  prorationDate?: number | null;
  metadata?: Metadata;
  description?: string | null;
  collection?: Stripe.Invoice.CollectionMethod;
  daysUntilDue?: number | null;
  dueDate?: number | null;
  defaultPaymentMethod?: string | null;
}

/** An invoice as data; `preview` gives temporary line ids and touches no counter (stripe.md 28). */
export function shapeInvoice(app: App, given: InvoiceGiven, preview = false): Invoice {
  const { customer, subscription } = given;
  const invoiceId = preview ? 'upcoming_in_local' : app.ids.make('in');
  let temporary = 0;
  const place = placeFor(app, customer);
  const lines = makeLines(app, creditsFirst(given.drafts), {
    discounts: given.discounts,
    automaticTax: given.automaticTax,
    place,
    invoice: invoiceId,
    lineId: () => {
      temporary += 1;
      return preview ? `il_tmp_${temporary}` : app.ids.make('il');
    },
  });
  const totals = totalsOf(lines);
  const { due } = withBalance(totals.total, customer.balance);
  const collection = given.collection ?? subscription?.collection_method ?? 'charge_automatically';
  return {
    ...({
      id: invoiceId,
      object: 'invoice',
      account_country: app.settings.seller_country,
      account_name: 'Tierline (local)',
      account_tax_ids: null,
      amount_due: due,
      amount_overpaid: 0,
      amount_paid: 0,
      amount_remaining: due,
      amount_shipping: 0,
      application: null,
      attempt_count: 0,
      attempted: false,
      auto_advance: given.autoAdvance,
      automatic_tax: {
        disabled_reason: null,
        enabled: given.automaticTax,
        liability: given.automaticTax ? { type: 'self' } : null,
        provider: given.automaticTax ? 'stripe' : null,
        status: given.automaticTax ? (place.country ? 'complete' : 'requires_location_inputs') : null,
      },
      automatically_finalizes_at: given.finalizesAt ?? null,
      billing_reason: given.reason,
      collection_method: collection,
      created: app.now,
      currency: given.currency,
      custom_fields: null,
      customer: customer.id,
      customer_account: null,
      customer_address: customer.address ?? null,
      customer_email: customer.email,
      customer_name: customer.name ?? null,
      customer_phone: customer.phone ?? null,
      customer_shipping: customer.shipping,
      customer_tax_exempt: customer.tax_exempt ?? 'none',
      customer_tax_ids: app.store
        .by('tax_ids', 'customer', customer.id)
        .map((one) => ({ type: one.type, value: one.value })),
      default_payment_method: given.defaultPaymentMethod ?? null,
      default_source: null,
      default_tax_rates: subscription?.default_tax_rates ?? [],
      description: given.description ?? null,
      discounts: given.discounts.map((discount) => discount.id),
      due_date:
        collection === 'send_invoice'
          ? (given.dueDate ?? app.now + (given.daysUntilDue ?? subscription?.days_until_due ?? 30) * 86400)
          : null,
      effective_at: null,
      ending_balance: null,
      footer: null,
      from_invoice: null,
      hosted_invoice_url: null,
      invoice_pdf: null,
      issuer: { type: 'self' },
      last_finalization_error: null,
      latest_revision: null,
      livemode: false,
      metadata: given.metadata ?? {},
      next_payment_attempt: null,
      number: null,
      on_behalf_of: null,
      parent: subscription
        ? {
            quote_details: null,
            subscription_details: {
              metadata: subscription.metadata,
              subscription: subscription.id,
              ...(given.prorationDate ? { subscription_proration_date: given.prorationDate } : {}),
            },
            type: 'subscription_details',
          }
        : null,
      payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
      period_end: given.periodEnd,
      period_start: given.periodStart,
      post_payment_credit_notes_amount: 0,
      pre_payment_credit_notes_amount: 0,
      receipt_number: null,
      rendering:
        given.reason === 'manual'
          ? { amount_tax_display: null, pdf: { page_size: 'auto' }, template: null, template_version: null }
          : null,
      shipping_cost: null,
      shipping_details: null,
      starting_balance: customer.balance,
      statement_descriptor: null,
      status: 'draft',
      status_transitions: {
        finalized_at: null,
        marked_uncollectible_at: null,
        paid_at: null,
        voided_at: null,
      },
      ...totals,
      test_clock: customer.test_clock,
      total_pretax_credit_amounts: totals.total_discount_amounts.map((one) => ({
        ...one,
        type: 'discount' as const,
      })),
      webhooks_delivered_at: app.now,
    } satisfies Omit<Wire<Stripe.Invoice>, 'lines' | 'payments'>),
    lines,
    _: {
      subscription: subscription?.id ?? null,
      retries_left: app.settings.retry_days,
      items: given.drafts.map((draft) => draft.invoiceItem).filter((item) => item !== null),
      held: false,
    },
  };
}

/** Recomputes a draft after its lines changed. */
export function retotal(app: App, invoice: Invoice, lines: InvoiceLine[]): void {
  const totals = totalsOf(lines);
  const customer = app.store.get('customers', invoice.customer);
  const { due } = withBalance(totals.total, customer?.balance ?? 0);
  Object.assign(invoice, totals, {
    lines,
    amount_due: due,
    amount_remaining: due,
    total_pretax_credit_amounts: totals.total_discount_amounts.map((one) => ({ ...one, type: 'discount' })),
  });
}
