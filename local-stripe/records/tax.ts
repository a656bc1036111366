/**
 * Automatic tax with the EU standard rates (2026). Seller in `settings.seller_country`, registered in every member
 * state; elsewhere nothing is collected. https://docs.stripe.com/tax
 * `tax_exempt: reverse` → 0 with reverse charge, `exempt` → 0. https://docs.stripe.com/tax/zero-tax
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { InvoiceLine, TaxRate, Wire } from '../types';

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
  country: string | null | undefined;
  exempt: string | null | undefined;
}
type LineTax = NonNullable<InvoiceLine['taxes']>[number];

export function taxOf(app: App, net: number, behavior: string | null, place: TaxPlace): LineTax[] {
  const country = place.country;
  if (!country) return [];
  const rate = EU_RATES[country];
  const free = place.exempt === 'exempt' || place.exempt === 'reverse';
  const percent = rate === undefined || free ? 0 : rate;
  const inclusive = behavior === 'inclusive';
  const tax = inclusive ? net - Math.round(net / (1 + percent / 100)) : Math.round((net * percent) / 100);
  return [
    {
      amount: tax,
      tax_behavior: inclusive ? 'inclusive' : 'exclusive',
      tax_rate_details: { tax_rate: taxRate(app, country, percent, inclusive).id },
      taxability_reason:
        rate === undefined
          ? 'not_collecting'
          : place.exempt === 'reverse'
            ? 'reverse_charge'
            : place.exempt === 'exempt'
              ? 'customer_exempt'
              : 'standard_rated',
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
