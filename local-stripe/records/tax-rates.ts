/**
 * Tax rates that the seller sets by hand: those of an item, else those of its subscription, where automatic tax is off (the
 * declarations at `tax_rates` and `default_tax_rates`, stripe.md D70). https://docs.stripe.com/api/tax_rates
 */
import type { App } from '../app';
import { invalid } from '../errors';
import type { InvoiceLine, Subscription, SubscriptionItem, TaxRate } from '../types';

/**
 * The rates that are named; undefined where none were asked for, empty for `''`. "Inactive tax rates cannot be used with new
 * applications …, but will still work for subscriptions and invoices that already have it set" (the declarations at `active`).
 */
export function ratesNamed(
  app: App,
  ids: string[] | null | undefined,
  param: string,
  /** Ids of those that it has already. */
  kept: string[] = [],
): TaxRate[] | undefined {
  if (ids === undefined) return undefined;
  return (ids ?? []).map((id, at) => {
    const rate = app.need('tax_rates', id, `${param}[${at}]`);
    if (!rate.active && !kept.includes(id))
      throw invalid(`The tax rate '${id}' is archived.`, `${param}[${at}]`);
    return rate;
  });
}

export const idsOf = (rates: TaxRate[] | null | undefined): string[] => (rates ?? []).map((rate) => rate.id);

export function ratesOf(sub: Subscription, item: SubscriptionItem): TaxRate[] {
  return item.tax_rates && item.tax_rates.length > 0 ? item.tax_rates : (sub.default_tax_rates ?? []);
}

/** Automatic tax and rates by hand do not go together: said by others, on no page that could be opened. */
export function refuseBoth(sub: Pick<Subscription, 'automatic_tax' | 'default_tax_rates' | 'items'>): void {
  const set = (sub.default_tax_rates ?? []).length + sub.items.flatMap((item) => item.tax_rates ?? []).length;
  if (sub.automatic_tax.enabled && set > 0)
    throw invalid('Tax rates cannot be set while automatic tax is enabled.', 'default_tax_rates');
}

export function taxByHand(net: number, rates: TaxRate[]): NonNullable<InvoiceLine['taxes']> {
  const within = rates.filter((rate) => rate.inclusive).reduce((sum, rate) => sum + rate.percentage, 0);
  const base = net / (1 + within / 100);
  return rates.map(({ id, inclusive, percentage }) => ({
    amount: Math.round((base * percentage) / 100),
    tax_behavior: inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: id },
    taxability_reason: 'not_available',
    taxable_amount: Math.round(base),
    type: 'tax_rate_details',
  }));
}
