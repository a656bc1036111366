/**
 * Automatic tax with the EU standard rates (2026). Seller in `settings.seller_country`, registered where
 * `settings.registrations` says; elsewhere nothing is collected and nothing is refused (stripe.md D17). https://docs.stripe.com/tax
 * `tax_exempt: reverse` → 0 with reverse charge, `exempt` → 0. https://docs.stripe.com/tax/zero-tax
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Customer, InvoiceLine, Price, TaxRate, Wire } from '../types';
import { canPlace, taxAddress } from './places';

export const EU_RATES: Record<string, number> = {
  AT: 20,
  BE: 21,
  BG: 20,
  HR: 25,
  CY: 19,
  CZ: 21,
  DK: 25,
  EE: 24,
  FI: 25.5,
  FR: 20,
  DE: 19,
  GR: 24,
  HU: 27,
  IE: 23,
  IT: 22,
  LV: 21,
  LT: 21,
  LU: 17,
  MT: 18,
  NL: 21,
  PL: 23,
  PT: 23,
  RO: 21,
  SK: 23,
  SI: 22,
  ES: 21,
  SE: 25,
};

export interface TaxPlace {
  /** Null where Stripe Tax cannot place the customer. */
  country: string | null | undefined;
  exempt: string | null | undefined;
  /** The customer's VAT numbers, verified or not. */
  vatIds?: string[];
}

export function isRegistered(app: App, country: string): boolean {
  return country in EU_RATES && (app.settings.registrations?.includes(country) ?? true);
}

/** The place of a customer as it is, or as it will be. */
export function placeFor(app: App, customer: Customer, more: string[] = []): TaxPlace {
  const address = taxAddress(customer);
  return {
    country: canPlace(address) ? address?.country : null,
    exempt: customer.tax_exempt,
    vatIds: [
      ...app.store
        .by('tax_ids', 'customer', customer.id)
        .filter((one) => one.type === 'eu_vat')
        .map((one) => one.value),
      ...more,
    ],
  };
}

/** Any number of another member state than the seller's, of whatever verification, shifts the tax (stripe.md D16, 48). */
function isReversed(app: App, place: TaxPlace): boolean {
  if (place.exempt === 'reverse') return true;
  return (place.vatIds ?? []).some((value) => {
    const state = value.startsWith('EL') ? 'GR' : value.slice(0, 2);
    return state in EU_RATES && state !== app.settings.seller_country;
  });
}

function reasonFor(app: App, place: TaxPlace, country: string): NonNullable<LineTax['taxability_reason']> {
  if (!isRegistered(app, country)) return 'not_collecting';
  if (place.exempt === 'exempt') return 'customer_exempt';
  return isReversed(app, place) ? 'reverse_charge' : 'standard_rated';
}

/** What a price says about tax, or the account where it says nothing. https://docs.stripe.com/api/tax/settings/object (defaults) */
export function taxBehaviorOf(
  app: App,
  price: Pick<Price, 'tax_behavior' | 'currency'> | null,
): string | null {
  const own = price?.tax_behavior ?? 'unspecified';
  if (own !== 'unspecified') return own;
  if (app.settings.tax_behavior !== 'inferred_by_currency') return app.settings.tax_behavior;
  return ['usd', 'cad'].includes(price?.currency ?? '') ? 'exclusive' : 'inclusive';
}
type LineTax = NonNullable<InvoiceLine['taxes']>[number];

export function taxOf(app: App, net: number, behavior: string | null, place: TaxPlace): LineTax[] {
  const country = place.country;
  if (!country) return [];
  const reason = reasonFor(app, place, country);
  const percent = reason === 'standard_rated' ? (EU_RATES[country] ?? 0) : 0;
  const inclusive = behavior === 'inclusive';
  const tax = inclusive ? net - Math.round(net / (1 + percent / 100)) : Math.round((net * percent) / 100);
  return [
    {
      amount: tax,
      tax_behavior: inclusive ? 'inclusive' : 'exclusive',
      tax_rate_details: { tax_rate: taxRate(app, country, percent, inclusive).id },
      taxability_reason: reason,
      taxable_amount: percent === 0 ? 0 : inclusive ? net - tax : net,
      type: 'tax_rate_details',
    },
  ];
}

function taxRate(app: App, country: string, percent: number, inclusive: boolean): TaxRate {
  const id = `txr_local_${country.toLowerCase()}_${String(percent).replace('.', '_')}${inclusive ? '_incl' : ''}`;
  const known = app.store.get('tax_rates', id);
  if (known) return known;
  return app.store.put('tax_rates', {
    id,
    object: 'tax_rate',
    active: false,
    country,
    created: app.now,
    description: null,
    display_name: 'VAT',
    effective_percentage: percent,
    flat_amount: null,
    inclusive,
    jurisdiction: country,
    jurisdiction_level: 'country',
    livemode: false,
    metadata: {},
    percentage: percent,
    rate_type: 'percentage',
    state: null,
    tax_type: 'vat',
  } satisfies Wire<Stripe.TaxRate>);
}
