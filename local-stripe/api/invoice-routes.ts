/** The API of invoices: making, changing, listing them. https://docs.stripe.com/api/invoices */
import { z } from 'zod';
import type { App } from '../app';
import { HOUR } from '../clock';
import { createInvoice } from '../engine/finalize';
import { runningSince } from '../engine/subscription-invoice';
import { limitInvoices } from '../engine/subscription-limits';
import { refuseDaysUntilDue } from '../engine/subscription-refusals';
import { invalid } from '../errors';
import {
  bool,
  clearable,
  discountGiven,
  expand,
  filled,
  ignored,
  inRange,
  int,
  mergeMetadata,
  metadata,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { currencyGiven } from '../records/currencies';
import { orCustomers } from '../records/customer-discount';
import { activeDiscounts, makeDiscount } from '../records/discounts';
import { draftOfItem } from '../records/drafts';
import { viewInvoice, viewLine } from '../records/invoices';
import { refuseSecondCurrency } from '../records/one-currency';
import { resolvePaymentMethod } from '../records/payment-methods';
import { refuseTax } from '../records/tax-refusals';
import type { Customer, Discount, Invoice, Metadata, Subscription } from '../types';
import { act, deleted, list, nested, retrieve } from './crud';
import { preview } from './preview';

const createParams = z.strictObject({
  customer: filled,
  subscription: filled.optional(),
  auto_advance: bool.optional(),
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  automatically_finalizes_at: int.optional(),
  collection_method: z.enum(['charge_automatically', 'send_invoice']).optional(),
  currency: filled.optional(),
  days_until_due: int.optional(),
  due_date: int.optional(),
  default_payment_method: filled.optional(),
  description: text.optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  footer: ignored,
  custom_fields: ignored,
  rendering: ignored,
  metadata: metadata.optional(),
  pending_invoice_items_behavior: z.enum(['exclude', 'include']).optional(),
  expand,
});

/** One of the two, in the future, and only for who is sent the invoice. */
function refuseDueDate(app: App, given: z.output<typeof createParams>): void {
  if (given.days_until_due !== undefined)
    throw invalid('`days_until_due` and `due_date` exclude each other.', 'due_date', 'parameters_exclusive');
  if (given.collection_method !== 'send_invoice')
    throw invalid('`due_date` goes with `collection_method=send_invoice` only.', 'due_date');
  if ((given.due_date ?? 0) < app.now) throw invalid('`due_date` lies in the past.', 'due_date');
}

/** "If not specified, inherits the discount from the invoice's customer" (the declarations); not beside its subscription's own. */
function inherited(app: App, customer: Customer, sub: Subscription | null): Discount[] {
  if (sub && activeDiscounts(app, sub.discounts).length > 0) return [];
  return orCustomers(app, customer.id, sub?.items ?? [], []);
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const customer = app.need('customers', given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const sub = given.subscription ? app.need('subscriptions', given.subscription, 'subscription') : null;
    const currency = given.currency
      ? currencyGiven(given.currency)
      : (sub?.currency ?? customer.currency ?? 'eur');
    refuseSecondCurrency(app, customer, currency, 'currency');
    const items =
      given.pending_invoice_items_behavior === 'include' || sub
        ? app.store
            .by('invoice_items', 'customer', customer.id)
            .filter(
              (item) =>
                item.invoice === null &&
                item.currency === currency &&
                (!sub || item._.subscription === sub.id),
            )
        : [];
    if (sub) limitInvoices(app, sub);
    if (sub && items.length === 0)
      throw invalid(
        'Nothing to invoice for subscription',
        'subscription',
        'invoice_no_subscription_line_items',
      );
    if (given.automatic_tax?.enabled) refuseTax(app, []); // the address is looked at when it is finalised
    if (given.due_date === undefined) refuseDaysUntilDue(given.collection_method, given.days_until_due);
    else refuseDueDate(app, given);
    const invoice = createInvoice(app, {
      customer,
      subscription: sub,
      reason: 'manual',
      drafts: items.map((item) => draftOfItem(app, item)),
      discounts:
        given.discounts === undefined
          ? inherited(app, customer, sub)
          : (given.discounts ?? []).map((one) => makeDiscount(app, one, { customer, ancestors: [sub?.id] })),
      currency,
      periodStart: sub ? runningSince(sub, app.now) : app.now,
      periodEnd: app.now,
      automaticTax: given.automatic_tax?.enabled ?? false,
      autoAdvance: given.auto_advance ?? false,
      finalizesAt: given.automatically_finalizes_at ?? (given.auto_advance ? app.now + HOUR : null),
      metadata: (given.metadata ?? {}) as Metadata,
      description: given.description || null,
      collection: given.collection_method ?? 'charge_automatically',
      daysUntilDue: given.days_until_due ?? null,
      dueDate: given.due_date ?? null,
      defaultPaymentMethod: given.default_payment_method
        ? resolvePaymentMethod(app, given.default_payment_method, customer.id, 'default_payment_method').id
        : null,
    });
    return viewInvoice(app, invoice);
  });
}

const updateParams = z.strictObject({
  auto_advance: bool.optional(),
  automatically_finalizes_at: int.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  footer: ignored,
  metadata: metadata.optional(),
  days_until_due: ignored,
  collection_method: ignored,
  payment_settings: ignored,
  expand,
});

function update(invoice: Invoice, given: z.output<typeof updateParams>, app: App): void {
  const open = invoice.status === 'draft' || invoice.status === 'open';
  if (!open && Object.keys(given).some((key) => key !== 'metadata' && key !== 'expand')) {
    throw invalid("Finalized invoices can't be updated in this way", undefined, 'invoice_not_editable');
  }
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    if (given.auto_advance !== undefined) {
      rec.auto_advance = given.auto_advance;
      if (rec.status === 'draft') rec.automatically_finalizes_at = given.auto_advance ? app.now + HOUR : null;
      else if (!given.auto_advance) rec.next_payment_attempt = null;
    }
    if (given.automatically_finalizes_at !== undefined)
      rec.automatically_finalizes_at = given.automatically_finalizes_at;
    if (given.description !== undefined) rec.description = given.description || null;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    if (given.default_payment_method !== undefined) {
      rec.default_payment_method =
        given.default_payment_method === ''
          ? null
          : resolvePaymentMethod(app, given.default_payment_method, rec.customer, 'default_payment_method')
              .id;
    }
  });
}

function removeDraft(call: Call): object {
  const { app } = call;
  const invoice = app.need('invoices', id(call));
  if (invoice.status !== 'draft' || invoice._.subscription)
    throw invalid(
      'You can only delete draft invoices that are not from a subscription.',
      undefined,
      'invoice_not_editable',
    );
  app.store.remove('invoices', invoice.id);
  app.emit('invoice.deleted', viewInvoice(app, invoice));
  return deleted(invoice);
}

export const invoiceRoutes: Route[] = [
  list('/v1/invoices', 'invoices', {
    params: {
      collection_method: text,
      created: range,
      customer: filled,
      due_date: range,
      status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']),
      subscription: filled,
    },
    by: ['subscription', 'customer'],
    same: ['status', 'collection_method'],
    where: (one, given) =>
      !given.due_date || (one.due_date !== null && inRange(one.due_date, given.due_date)),
  }),
  { method: 'POST', pattern: '/v1/invoices', handler: create },
  { method: 'POST', pattern: '/v1/invoices/create_preview', handler: preview },
  retrieve('/v1/invoices/:id', 'invoices'),
  act('/v1/invoices/:id', 'invoices', updateParams, update),
  { method: 'DELETE', pattern: '/v1/invoices/:id', handler: removeDraft },
  nested('/v1/invoices/:id/lines', (call) => call.app.need('invoices', id(call)).lines, {
    order: 'oldest',
    view: viewLine,
  }),
];
