/** Invoice items: what waits for the next invoice. https://docs.stripe.com/api/invoiceitems */
import type { App } from '../app';
import { invalid } from '../errors';
import type { Metadata, Subscription } from '../types';
import type { Draft } from './drafts';
import { priceAmount, priceWords } from './price-words';
import { priceFor } from './prices';
import type { UpdateGiven } from './subscription-params';

export function extraDrafts(app: App, items: UpdateGiven['add_invoice_items'], sub: string | null): Draft[] {
  return (items ?? []).map((item, at) => {
    const price = priceFor(app, item, `add_invoice_items[${at}]`);
    if (!price)
      throw invalid(
        `Missing required param: add_invoice_items[${at}][price].`,
        `add_invoice_items[${at}][price]`,
        'parameter_missing',
      );
    const quantity = item.quantity ?? 1;
    return {
      amount: priceAmount(price, quantity),
      currency: price.currency,
      description: priceWords(app, price, quantity),
      start: app.now,
      end: app.now,
      price,
      quantity,
      proration: false,
      discountable: item.discountable ?? true,
      subscription: sub,
      item: null,
      invoiceItem: null,
      metadata: (item.metadata ?? {}) as Metadata,
      credited: null,
    };
  });
}

/** `create_prorations`: pending items for the next invoice (stripe.md 22). */
export function keepPending(app: App, sub: Subscription, draft: Draft, date: number): void {
  const made = app.ids.make('ii');
  const price = draft.price;
  app.store.put('invoice_items', {
    id: made,
    object: 'invoiceitem',
    amount: draft.amount,
    currency: draft.currency,
    customer: sub.customer,
    customer_account: null,
    date,
    description: draft.description,
    discountable: false,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: draft.metadata,
    net_amount: draft.amount,
    parent: {
      subscription_details: {
        subscription: sub.id,
        ...(draft.item ? { subscription_item: draft.item } : {}),
      },
      type: 'subscription_details',
    },
    period: { end: draft.end, start: draft.start },
    pricing: price && {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    proration: true,
    proration_details: {
      credited_items: draft.credited
        ? { invoice_line_item_details: draft.credited, type: 'invoice_line_items' }
        : null,
      discount_amounts: [],
    },
    quantity: draft.quantity,
    quantity_decimal: String(draft.quantity),
    tax_rates: [],
    test_clock: sub.test_clock,
    _: { subscription: sub.id, subscription_item: draft.item, net: true },
  });
  const item = app.store.get('invoice_items', made);
  if (item) app.emit('invoiceitem.created', app.view('invoice_items', item));
  if (draft.amount > 0 && draft.item) {
    sub._.billed.push({
      item: draft.item,
      invoice: null,
      line: made,
      amount: draft.amount,
      start: draft.start,
      end: draft.end,
    });
  }
}

/** Pending invoice items of the subscription (and the customer's own) go onto its next invoice. */
export function pendingDrafts(app: App, sub: Subscription): Draft[] {
  return app.store
    .by('invoice_items', 'customer', sub.customer)
    .filter(
      (item) =>
        item.invoice === null &&
        (item._.subscription === null || item._.subscription === sub.id) &&
        item.currency === sub.currency,
    )
    .map((item) => ({
      amount: item.amount,
      currency: item.currency,
      description: item.description ?? 'Item',
      start: item.period.start,
      end: item.period.end,
      price: app.store.get('prices', item.pricing?.price_details?.price) ?? null,
      quantity: item.quantity,
      proration: item.proration,
      discountable: item.discountable,
      subscription: item._.subscription,
      item: item._.subscription_item,
      invoiceItem: item.id,
      metadata: item.metadata ?? {},
      credited: item.proration_details?.credited_items?.invoice_line_item_details ?? null,
    }));
}
