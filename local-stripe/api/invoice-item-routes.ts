/** The API of invoice items. https://docs.stripe.com/api/invoiceitems */
import { z } from 'zod';
import type { App } from '../app';
import { invalid } from '../errors';
import {
  bool,
  decimal,
  expand,
  filled,
  ignored,
  inRange,
  int,
  metadata,
  parse,
  priceData,
  range,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { getCustomer } from '../records/customers';
import { activeDiscounts } from '../records/discounts';
import { type Draft, draftOfItem } from '../records/drafts';
import { makeLines, placeFor } from '../records/invoice-lines';
import { retotal } from '../records/invoice-shape';
import { getInvoice } from '../records/invoices';
import { priceAmount, priceWords } from '../records/price-words';
import { priceFor } from '../records/prices';
import { strip } from '../records/strip';
import { getSubscription } from '../records/subscriptions';
import type { Invoice, InvoiceItem, Metadata } from '../types';
import { deleted, list, one, retrieve } from './crud';

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

export const invoiceItemRoutes: Route[] = [
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
