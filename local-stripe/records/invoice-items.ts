/** Invoice items: what waits for the next invoice. https://docs.stripe.com/api/invoiceitems */
import type { App } from '../app';
import { lacking } from '../errors';
import type { InvoiceItem, Metadata, Price, Subscription } from '../types';
import { type Draft, draftOfItem, oneOff } from './drafts';
import { priceFor } from './prices';
import type { UpdateGiven } from './subscription-params';

export function extraDrafts(app: App, items: UpdateGiven['add_invoice_items'], sub: string | null): Draft[] {
  return (items ?? []).map((item, at) => {
    const price = priceFor(app, item, `add_invoice_items[${at}]`);
    if (!price) throw lacking(`add_invoice_items[${at}][price]`);
    return oneOff(app, price, item.quantity ?? 1, {
      discountable: item.discountable ?? true,
      subscription: sub,
      metadata: (item.metadata ?? {}) as Metadata,
    });
  });
}

type Fixed = 'id' | 'object' | 'customer_account' | 'livemode' | 'quantity_decimal';

/** invoiceitem.created goes out. */
export function makeInvoiceItem(
  app: App,
  given: Omit<InvoiceItem, Fixed | 'tax_rates' | 'discounts' | 'net_amount'> &
    Partial<Pick<InvoiceItem, 'discounts' | 'net_amount' | 'tax_rates'>> & { id?: string },
): InvoiceItem {
  const item: InvoiceItem = {
    id: app.ids.make('ii'),
    object: 'invoiceitem',
    customer_account: null,
    discounts: [],
    livemode: false,
    net_amount: given.amount,
    quantity_decimal: String(given.quantity),
    tax_rates: [],
    ...given,
  };
  app.store.put('invoice_items', item);
  app.emit('invoiceitem.created', app.view('invoice_items', item));
  return item;
}

/** An item's price, as its record says it. */
export function pricingOf(price: Price): NonNullable<InvoiceItem['pricing']> {
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

/** Each proration is an invoice item, also where it is invoiced at once (stripe.md G9). */
export function makeProration(
  app: App,
  sub: Subscription,
  draft: Draft,
  date: number,
  atOnce = false,
): InvoiceItem {
  return makeInvoiceItem(app, {
    amount: draft.amount,
    currency: draft.currency,
    customer: sub.customer,
    date,
    description: draft.description,
    discountable: false,
    invoice: null,
    metadata: draft.metadata,
    parent: {
      subscription_details: {
        subscription: sub.id,
        ...(draft.item ? { subscription_item: draft.item } : {}),
      },
      type: 'subscription_details',
    },
    period: { end: draft.end, start: draft.start },
    pricing: draft.price && { ...pricingOf(draft.price), unit_amount_decimal: null },
    proration: true,
    proration_details: {
      credited_items: draft.credited
        ? { invoice_line_item_details: draft.credited, type: 'invoice_line_items' }
        : null,
      discount_amounts: [],
    },
    quantity: draft.quantity,
    tax_rates: draft.taxRates ?? [],
    test_clock: sub.test_clock,
    _: { subscription: sub.id, subscription_item: draft.item, net: true, at_once: atOnce },
  });
}

/** `create_prorations`: pending items for the next invoice (stripe.md 22). */
export function keepPending(app: App, sub: Subscription, draft: Draft, date: number): string {
  const { id } = makeProration(app, sub, draft, date);
  if (draft.amount > 0 && draft.item) {
    sub._.billed.push({
      item: draft.item,
      invoice: null,
      line: id,
      amount: draft.amount,
      start: draft.start,
      end: draft.end,
    });
  }
  return id;
}

/** One that waits and is taken back. */
export function dropPending(app: App, itemId: string): void {
  const item = app.store.get('invoice_items', itemId);
  if (!item || item.invoice !== null) return;
  app.store.remove('invoice_items', itemId);
  app.emit('invoiceitem.deleted', app.view('invoice_items', item));
}

/** Pending invoice items of the subscription (and the customer's own) go onto its next invoice. */
export function pendingDrafts(app: App, sub: Subscription): Draft[] {
  return app.store
    .by('invoice_items', 'customer', sub.customer)
    .filter(
      (item) =>
        item.invoice === null &&
        !sub._.undone?.includes(item.id) &&
        (item._.subscription === null || item._.subscription === sub.id) &&
        item.currency === sub.currency,
    )
    .map((item) => draftOfItem(app, item));
}
