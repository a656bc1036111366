/** Prices in amounts and in words, as invoices say them. */
import type { App } from '../app';
import { formatDay } from '../clock';
import type { Price } from '../types';
import { productOf } from './products';

export function priceAmount(price: Price, quantity: number): number {
  return Math.round(Number(price.unit_amount_decimal ?? price.unit_amount ?? 0) * quantity);
}

export function nameOf(app: App, price: Price): string {
  return productOf(app, price)?.name ?? price.nickname ?? price.id;
}

export function priceWords(app: App, price: Price, quantity: number): string {
  const name = nameOf(app, price);
  const every = price.recurring
    ? ` / ${price.recurring.interval_count > 1 ? `${price.recurring.interval_count} ` : ''}${price.recurring.interval}`
    : '';
  return `${quantity} × ${name} (at ${money(price.unit_amount ?? 0, price.currency)}${every})`;
}

export function money(value: number, currency: string): string {
  const text = new Intl.NumberFormat('en-IE', { style: 'currency', currency: currency.toUpperCase() }).format(
    Math.abs(value) / 100,
  );
  return value < 0 ? `-${text}` : text;
}

export function prorationWords(
  app: App,
  kind: 'Unused' | 'Remaining',
  price: Price,
  quantity: number,
  at: number,
): string {
  const name = productOf(app, price)?.name ?? price.id;
  return `${kind} time on ${quantity > 1 ? `${quantity} × ` : ''}${name} after ${formatDay(at)}`;
}
