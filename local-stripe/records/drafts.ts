/** Lines before there is an invoice: what is to be billed, in the order that it is shown. */
import type { App } from '../app';
import type {
  Discount,
  InvoiceItem,
  Metadata,
  Price,
  Subscription,
  SubscriptionItem,
  TaxRate,
} from '../types';
import { activeDiscounts } from './discounts';
import { itemDiscounts } from './item-discounts';
import { priceAmount, priceWords, prorationWords } from './price-words';
import { ratesOf } from './tax-rates';

export interface Draft {
  amount: number;
  currency: string;
  description: string;
  start: number;
  end: number;
  price: Price | null;
  quantity: number;
  proration: boolean;
  discountable: boolean;
  subscription: string | null;
  item: string | null;
  invoiceItem: string | null;
  metadata: Metadata;
  credited: { invoice: string; invoice_line_items: string[] } | null;
  /** Of the item itself, not of its invoice. */
  discounts?: Discount[];
  /** Set by hand; automatic tax knows better. */
  taxRates?: TaxRate[];
  trial?: boolean;
}

/** A line beside the subscription's own: billed at once, discounts apply. `given` says what is otherwise. */
export function oneOff(app: App, price: Price | null, quantity: number, given: Partial<Draft> = {}): Draft {
  return {
    amount: price ? priceAmount(price, quantity) : 0,
    currency: price?.currency ?? 'eur',
    description: price ? priceWords(app, price, quantity) : 'Item',
    start: app.now,
    end: app.now,
    price,
    quantity,
    proration: false,
    discountable: true,
    subscription: null,
    item: null,
    invoiceItem: null,
    metadata: {},
    credited: null,
    ...given,
  };
}

/** A line of one of the subscription's items: a period, or the rest of one. */
export function draft(
  app: App,
  sub: Subscription,
  item: SubscriptionItem,
  price: Price,
  amount: number,
  start: number,
  end: number,
  proration: boolean,
): Draft {
  const quantity = item.quantity ?? 1;
  return oneOff(app, price, quantity, {
    amount,
    currency: sub.currency,
    ...(proration ? { description: prorationWords(app, 'Remaining', price, quantity, start) } : {}),
    start,
    end,
    proration,
    discountable: !proration,
    subscription: sub.id,
    item: item.id,
    metadata: sub.metadata,
    // A proration has them in its amount (stripe.md 14).
    ...(proration ? {} : { discounts: itemDiscounts(app, item) }),
    taxRates: ratesOf(sub, item),
  });
}

/** Pending invoice items become lines, credits first (stripe.md 22). */
export function draftOfItem(app: App, item: InvoiceItem): Draft {
  return {
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
    discounts: activeDiscounts(app, item.discounts ?? []),
    taxRates: item.tax_rates ?? [],
  };
}

/** Which lines a plan of charges and credits shows first: credits (stripe.md 22). */
export function creditsFirst(drafts: Draft[]): Draft[] {
  return [...drafts.filter((draft) => draft.amount < 0), ...drafts.filter((draft) => draft.amount >= 0)];
}
