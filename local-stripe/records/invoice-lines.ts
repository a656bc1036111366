/** From drafts of lines to an invoice: discounts, tax, totals, balance. Pure but for ids and tax rates. */
import type { App } from '../app';
import type { Discount, Invoice, InvoiceLine } from '../types';
import { couponOf, offOf } from './discounts';
import type { Draft } from './drafts';
import { type TaxPlace, taxBehaviorOf, taxOf } from './tax';
import { taxByHand } from './tax-rates';

interface Pricing {
  discounts: Discount[];
  automaticTax: boolean;
  place: TaxPlace;
  lineId: () => string;
  invoice: string | null;
}

export function makeLines(app: App, drafts: Draft[], pricing: Pricing): InvoiceLine[] {
  const perLine = drafts.map(() => [] as { amount: number; discount: string; own?: boolean }[]);
  const left = drafts.map((draft) => draft.amount);
  for (const [at, draft] of drafts.entries()) {
    for (const discount of draft.discounts ?? []) {
      const off = offOf(app, discount, left[at] ?? 0, draft.price?.product);
      left[at] = (left[at] ?? 0) - off;
      perLine[at]?.push({ amount: off, discount: discount.id, own: true });
    }
  }
  for (const discount of pricing.discounts) {
    const coupon = couponOf(app, discount);
    if (!coupon) continue;
    const applies = drafts.map(
      (draft, at) =>
        draft.discountable &&
        (left[at] ?? 0) > 0 &&
        (!coupon.applies_to ||
          (draft.price !== null && coupon.applies_to.products.includes(draft.price.product))),
    );
    const base = left.reduce((sum, value, at) => sum + (applies[at] ? value : 0), 0);
    let rest = coupon.amount_off === null ? null : Math.min(coupon.amount_off, base);
    const lastAt = applies.lastIndexOf(true);
    for (const [at, ok] of applies.entries()) {
      if (!ok) continue;
      const value = left[at] ?? 0;
      let off = Math.round((value * (coupon.percent_off ?? 0)) / 100);
      if (rest !== null) {
        off = at === lastAt ? rest : Math.round((value / base) * Math.min(coupon.amount_off ?? 0, base));
        rest -= off;
      }
      left[at] = value - off;
      perLine[at]?.push({ amount: off, discount: discount.id });
    }
  }
  return drafts.map((draft, at) => {
    const net = left[at] ?? draft.amount;
    const discountAmounts = (perLine[at] ?? []).map(({ own: _own, ...one }) => one);
    const { price } = draft;
    return {
      id: pricing.lineId(),
      object: 'line_item',
      amount: draft.amount,
      currency: draft.currency,
      description: draft.description,
      discount_amounts: discountAmounts,
      discountable: draft.discountable,
      // Only its own; the invoice's and the subscription's are named by their amounts (recorded-shapes, line_item).
      discounts: (draft.discounts ?? []).map((one) => one.id),
      invoice: pricing.invoice,
      livemode: false,
      metadata: draft.metadata,
      parent: draft.item
        ? {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: draft.invoiceItem,
              proration: draft.proration,
              proration_details: { credited_items: draft.credited },
              subscription: draft.subscription,
              subscription_item: draft.item,
            },
            type: 'subscription_item_details',
          }
        : {
            invoice_item_details: {
              invoice_item: draft.invoiceItem ?? '',
              proration: draft.proration,
              proration_details: { credited_items: draft.credited },
              subscription: draft.subscription,
            },
            subscription_item_details: null,
            type: 'invoice_item_details',
          },
      period: { end: draft.end, start: draft.start },
      pretax_credit_amounts: discountAmounts.map((one) => ({ ...one, type: 'discount' as const })),
      pricing: pricingOf(app, draft),
      quantity: draft.quantity,
      quantity_decimal: String(draft.quantity),
      subscription: draft.subscription,
      subtotal: draft.amount - sum((perLine[at] ?? []).filter((one) => one.own)),
      taxes: pricing.automaticTax
        ? taxOf(app, net, taxBehaviorOf(app, price), pricing.place)
        : taxByHand(net, draft.taxRates ?? []),
    } satisfies InvoiceLine;
  });
}

const sum = (parts: { amount: number }[]) => parts.reduce((total, part) => total + part.amount, 0);

/** A proration has no unit amount, a trial's is 0 (stripe.md G9); what is only an amount has its price made for it. */
function pricingOf(app: App, draft: Draft): InvoiceLine['pricing'] {
  const { price } = draft;
  const item = app.store.get('invoice_items', draft.invoiceItem);
  if (!price) return item?.pricing ?? null;
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: draft.proration ? null : draft.trial ? '0' : price.unit_amount_decimal,
  };
}

interface Totals {
  subtotal: number;
  subtotal_excluding_tax: number;
  total: number;
  total_excluding_tax: number;
  total_taxes: NonNullable<Invoice['total_taxes']>;
  total_discount_amounts: { amount: number; discount: string }[];
}

export function totalsOf(lines: InvoiceLine[]): Totals {
  const discounts = new Map<string, number>();
  const taxes = new Map<string, Totals['total_taxes'][number]>();
  let gross = 0;
  let off = 0;
  let ownOff = 0;
  let exclusive = 0;
  let inclusive = 0;
  for (const line of lines) {
    gross += line.amount;
    for (const one of line.discount_amounts ?? []) {
      off += one.amount;
      // The discounts of an item itself are off its subtotal already (stripe.md G8).
      if (line.discounts.some((discount) => discount === one.discount)) ownOff += one.amount;
      discounts.set(one.discount, (discounts.get(one.discount) ?? 0) + one.amount);
    }
    for (const tax of line.taxes ?? []) {
      if (tax.tax_behavior === 'inclusive') inclusive += tax.amount;
      else exclusive += tax.amount;
      const key = `${tax.tax_rate_details?.tax_rate}/${tax.taxability_reason}/${tax.tax_behavior}`;
      const sum = taxes.get(key);
      if (sum) {
        sum.amount += tax.amount;
        sum.taxable_amount = (sum.taxable_amount ?? 0) + (tax.taxable_amount ?? 0);
      } else taxes.set(key, { ...tax });
    }
  }
  return {
    subtotal: gross - ownOff,
    subtotal_excluding_tax: gross - ownOff - inclusive,
    total: gross - off + exclusive,
    total_excluding_tax: gross - off - inclusive,
    total_taxes: [...taxes.values()],
    total_discount_amounts: [...discounts].map(([discount, amount]) => ({ amount, discount })),
  };
}

/** Credit on the customer's balance (negative) pays first; a negative total adds to it. https://docs.stripe.com/billing/customer/balance */
export function withBalance(total: number, balance: number): { due: number; ending: number } {
  if (total <= 0) return { due: 0, ending: balance + total };
  const sum = total + balance;
  return sum > 0 ? { due: sum, ending: 0 } : { due: 0, ending: sum };
}
