/** The API of invoices, invoice items and invoice payments. https://docs.stripe.com/api/invoices */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { HOUR } from '../clock';
import { collect, createInvoice, finalize, markPaid } from '../engine/collect';
import { invalid } from '../errors';
import {
  bool,
  clearable,
  decimal,
  discountGiven,
  expand,
  filled,
  ignored,
  inRange,
  int,
  mergeMetadata,
  metadata,
  parse,
  priceData,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { priceFor } from '../records/catalog';
import { getCustomer } from '../records/customers';
import { activeDiscounts, makeDiscount } from '../records/discounts';
import { type Draft, draftOfItem } from '../records/drafts';
import { makeLines, placeFor } from '../records/invoice-lines';
import { getInvoice, markUncollectible, retotal, viewInvoice, voidInvoice } from '../records/invoices';
import { resolvePaymentMethod } from '../records/payment-methods';
import { priceAmount, priceWords } from '../records/price-words';
import { strip } from '../records/strip';
import { getSubscription, refusal } from '../records/subscriptions';
import type { Invoice, InvoiceItem, Metadata } from '../types';
import { deleted, list, nested, one, retrieve } from './crud';
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

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const customer = getCustomer(app, given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const sub = given.subscription ? getSubscription(app, given.subscription, 'subscription') : null;
    const currency = given.currency?.toLowerCase() ?? sub?.currency ?? customer.currency ?? 'eur';
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
    if (sub && items.length === 0)
      throw invalid(
        'Nothing to invoice for subscription',
        'subscription',
        'invoice_no_subscription_line_items',
      );
    const invoice = createInvoice(app, {
      customer,
      subscription: sub,
      reason: 'manual',
      drafts: items.map((item) => draftOfItem(app, item)),
      discounts: (given.discounts ?? []).map((one) => makeDiscount(app, one, { customer })),
      currency,
      periodStart: app.now,
      periodEnd: app.now,
      automaticTax: given.automatic_tax?.enabled ?? false,
      autoAdvance: given.auto_advance ?? false,
      finalizesAt: given.automatically_finalizes_at ?? (given.auto_advance ? app.now + HOUR : null),
      metadata: (given.metadata ?? {}) as Metadata,
      description: given.description || null,
      collection: given.collection_method ?? 'charge_automatically',
      daysUntilDue: given.days_until_due ?? null,
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

function update(call: Call): object {
  const { app } = call;
  const invoice = getInvoice(app, id(call));
  const given = parse(updateParams, call.params);
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
  return viewInvoice(app, invoice);
}

function pay(call: Call): object {
  const { app } = call;
  const invoice = getInvoice(app, id(call));
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
    const invoice = getInvoice(app, id(call));
    parse(z.strictObject({ auto_advance: ignored, expand }), call.params);
    if (!from.includes(String(invoice.status))) throw invalid(words, undefined, 'invoice_not_editable');
    app.on(invoice.test_clock, () => verb(app, invoice));
    return viewInvoice(app, invoice);
  };
}

function finalizeCall(call: Call): object {
  const { app } = call;
  const invoice = getInvoice(app, id(call));
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

function removeDraft(call: Call): object {
  const { app } = call;
  const invoice = getInvoice(app, id(call));
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

const itemCreate = z.strictObject({
  customer: filled,
  invoice: filled.optional(),
  subscription: filled.optional(),
  amount: int.optional(),
  currency: filled.optional(),
  description: text.optional(),
  discountable: bool.optional(),
  metadata: metadata.optional(),
  period: z.strictObject({ start: int, end: int }).optional(),
  pricing: z.strictObject({ price: filled }).optional(),
  price_data: priceData.optional(),
  quantity: int.optional(),
  unit_amount_decimal: decimal.optional(),
  tax_behavior: ignored,
  tax_code: ignored,
  tax_rates: ignored,
  discounts: ignored,
  expand,
});

function createItem({ app, params }: Call): object {
  const given = parse(itemCreate, params);
  const customer = getCustomer(app, given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const price = priceFor(app, { price: given.pricing?.price, price_data: given.price_data }, 'pricing');
    const quantity = given.quantity ?? 1;
    const unit = given.unit_amount_decimal
      ? Math.round(Number(given.unit_amount_decimal) * quantity)
      : undefined;
    const amount = given.amount ?? unit ?? (price ? priceAmount(price, quantity) : undefined);
    if (amount === undefined)
      throw invalid(
        'You must pass one of amount, pricing, price_data or unit_amount_decimal.',
        'amount',
        'parameter_missing',
      );
    const target = given.invoice ? getInvoice(app, given.invoice, 'invoice') : null;
    if (target && target.status !== 'draft')
      throw invalid('This invoice is no longer editable', 'invoice', 'invoice_not_editable');
    const sub = given.subscription ? getSubscription(app, given.subscription, 'subscription') : null;
    const made = app.ids.make('ii');
    const item: InvoiceItem = {
      id: made,
      object: 'invoiceitem',
      amount,
      currency: given.currency?.toLowerCase() ?? price?.currency ?? customer.currency ?? 'eur',
      customer: customer.id,
      customer_account: null,
      date: app.now,
      description: given.description || (price ? priceWords(app, price, quantity) : null),
      discountable: given.discountable ?? amount > 0,
      discounts: [],
      invoice: target?.id ?? null,
      livemode: false,
      metadata: (given.metadata ?? {}) as Metadata,
      net_amount: amount,
      parent: sub ? { subscription_details: { subscription: sub.id }, type: 'subscription_details' } : null,
      period: given.period ?? { start: app.now, end: app.now },
      pricing: price
        ? {
            price_details: { price: price.id, product: price.product },
            type: 'price_details',
            unit_amount_decimal: price.unit_amount_decimal,
          }
        : { type: 'price_details', unit_amount_decimal: String(amount / quantity) },
      proration: false,
      quantity,
      quantity_decimal: String(quantity),
      tax_rates: [],
      test_clock: customer.test_clock,
      _: { subscription: sub?.id ?? null, subscription_item: null, net: false },
    };
    app.store.put('invoice_items', item);
    app.emit('invoiceitem.created', app.view('invoice_items', item));
    if (target) addToDraft(app, target, draftOfItem(app, item));
    return strip(item);
  });
}

function addToDraft(app: App, invoice: Invoice, draft: Draft): void {
  const customer = getCustomer(app, invoice.customer ?? '');
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    const [line] = makeLines(app, [draft], {
      discounts: activeDiscounts(app, rec.discounts),
      automaticTax: rec.automatic_tax.enabled,
      place: placeFor(customer),
      lineId: () => app.ids.make('il'),
      invoice: rec.id,
    });
    if (line) retotal(app, rec, [...rec.lines, line]);
  });
}

const oneItem = one('invoice_items', 'invoiceitem');

function removeItem(call: Call): object {
  const { app } = call;
  const item = oneItem(call);
  const invoice = app.store.get('invoices', item.invoice);
  if (invoice && invoice.status !== 'draft')
    throw invalid(
      'This invoice item is on an invoice that is no longer editable.',
      undefined,
      'invoice_not_editable',
    );
  app.store.remove('invoice_items', item.id);
  if (invoice) {
    app.change('invoices', invoice, 'invoice.updated', (rec) => {
      retotal(
        app,
        rec,
        rec.lines.filter(
          (line) =>
            (line.parent?.invoice_item_details ?? line.parent?.subscription_item_details)?.invoice_item !==
            item.id,
        ),
      );
    });
  }
  app.emit('invoiceitem.deleted', strip(item));
  return deleted(item);
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
  retrieve('/v1/invoices/:id', 'invoices', one('invoices', 'invoice')),
  { method: 'POST', pattern: '/v1/invoices/:id', handler: update },
  { method: 'DELETE', pattern: '/v1/invoices/:id', handler: removeDraft },
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
  nested('/v1/invoices/:id/lines', (call) => getInvoice(call.app, id(call)).lines, { order: 'oldest' }),
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
  retrieve('/v1/invoice_payments/:id', 'invoice_payments', one('invoice_payments', 'invoice_payment')),
  { method: 'POST', pattern: '/v1/invoiceitems', handler: createItem },
  list('/v1/invoiceitems', 'invoice_items', {
    params: { customer: filled, invoice: filled, pending: bool, created: range },
    by: ['customer', 'invoice'],
    where: (one, given) =>
      (given.pending === undefined || (one.invoice === null) === given.pending) &&
      inRange(one.date, given.created),
  }),
  retrieve('/v1/invoiceitems/:id', 'invoice_items', oneItem),
  { method: 'DELETE', pattern: '/v1/invoiceitems/:id', handler: removeItem },
];
