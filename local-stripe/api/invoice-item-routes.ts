/** The API of invoice items. https://docs.stripe.com/api/invoiceitems */
import { z } from 'zod';
import type { App } from '../app';
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
  metadata,
  parse,
  priceData,
  range,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { currencyGiven } from '../records/currencies';
import { activeDiscounts, makeDiscount, offOf } from '../records/discounts';
import { type Draft, draftOfItem } from '../records/drafts';
import { makeInvoiceItem, pricingOf } from '../records/invoice-items';
import { makeLines } from '../records/invoice-lines';
import { retotal } from '../records/invoice-shape';
import { refuseSecondCurrency } from '../records/one-currency';
import { priceAmount, priceWords } from '../records/price-words';
import { makePrice, priceFor } from '../records/prices';
import { strip } from '../records/strip';
import { placeFor } from '../records/tax';
import type { Invoice, Metadata } from '../types';
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
  discounts: clearable(z.array(discountGiven)).optional(),
  expand,
});

function createItem({ app, params }: Call): object {
  const given = parse(itemCreate, params);
  const customer = app.need('customers', given.customer, 'customer');
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
    const target = given.invoice ? app.need('invoices', given.invoice, 'invoice') : null;
    if (target && target.status !== 'draft')
      throw invalid('This invoice is no longer editable', 'invoice', 'invoice_not_editable');
    const currency = given.currency
      ? currencyGiven(given.currency)
      : (price?.currency ?? customer.currency ?? 'eur');
    refuseSecondCurrency(app, customer, currency, 'currency');
    const sub = given.subscription ? app.need('subscriptions', given.subscription, 'subscription') : null;
    const id = app.ids.make('ii');
    // What the invoice takes off this line alone (stripe.md G8).
    const discounts = (given.discounts ?? []).map((one) =>
      makeDiscount(app, one, { customer, invoice_item: id, ancestors: [target?.id, sub?.id] }),
    );
    const item = makeInvoiceItem(app, {
      id,
      amount,
      currency,
      discounts: discounts.map((discount) => discount.id),
      net_amount: discounts.reduce((left, discount) => left - offOf(app, discount, left), amount),
      customer: customer.id,
      date: app.now,
      description: given.description || (price ? priceWords(app, price, quantity) : null),
      discountable: given.discountable ?? amount > 0,
      invoice: target?.id ?? null,
      metadata: (given.metadata ?? {}) as Metadata,
      parent: sub ? { subscription_details: { subscription: sub.id }, type: 'subscription_details' } : null,
      period: given.period ?? { start: app.now, end: app.now },
      pricing: price
        ? pricingOf(price)
        : {
            // What is only an amount gets a price and a product made for it (recorded-shapes: pricing is never null).
            ...pricingOf(
              makePrice(
                app,
                {
                  currency,
                  product_data: { name: 'Invoice item' },
                  unit_amount: Math.abs(Math.round(amount / quantity)),
                },
                true,
              ),
            ),
            unit_amount_decimal: String(amount / quantity),
          },
      proration: false,
      quantity,
      test_clock: customer.test_clock,
      _: { subscription: sub?.id ?? null, subscription_item: null, net: false },
    });
    if (target) addToDraft(app, target, draftOfItem(app, item));
    return strip(item);
  });
}

function addToDraft(app: App, invoice: Invoice, draft: Draft): void {
  const customer = app.need('customers', invoice.customer ?? '');
  app.change('invoices', invoice, 'invoice.updated', (rec) => {
    const [line] = makeLines(app, [draft], {
      discounts: activeDiscounts(app, rec.discounts),
      automaticTax: rec.automatic_tax.enabled,
      place: placeFor(app, customer),
      lineId: () => app.ids.make('il'),
      invoice: rec.id,
    });
    if (line) retotal(app, rec, [...rec.lines, line]);
  });
}

const oneItem = one('invoice_items');

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
  retrieve('/v1/invoiceitems/:id', 'invoice_items'),
  { method: 'DELETE', pattern: '/v1/invoiceitems/:id', handler: removeItem },
];
