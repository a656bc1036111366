/** Stripe Tax: its settings and where the seller is registered (stripe.md D17, D18). https://docs.stripe.com/api/tax/settings */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { page } from '../http/list';
import { expand, paging, parse } from '../http/params';
import type { Route } from '../http/router';
import { fullAddress } from '../records/customers';
import { EU_RATES } from '../records/tax';
import type { Wire } from '../types';

function settings(app: App): Wire<Stripe.Tax.Settings> {
  const { tax_active, tax_behavior, seller_country } = app.settings;
  return {
    object: 'tax.settings',
    defaults: { provider: 'stripe', tax_behavior, tax_code: null },
    head_office: tax_active ? { address: fullAddress({ country: seller_country }) } : null,
    livemode: false,
    status: tax_active ? 'active' : 'pending',
    status_details: tax_active ? { active: {} } : { pending: { missing_fields: ['head_office'] } },
  };
}

function registrations(app: App): Wire<Stripe.Tax.Registration>[] {
  return (app.settings.registrations ?? Object.keys(EU_RATES)).map((country) => ({
    id: `taxreg_local_${country.toLowerCase()}`,
    object: 'tax.registration',
    active_from: 1_700_000_000,
    country,
    country_options: {
      [country.toLowerCase()]: { standard: { place_of_supply_scheme: 'standard' }, type: 'standard' },
    },
    created: 1_700_000_000,
    expires_at: null,
    livemode: false,
    status: 'active',
  }));
}

const listParams = z.strictObject({
  ...paging,
  status: z.enum(['active', 'all', 'expired', 'scheduled']).optional(),
});

export const taxRoutes: Route[] = [
  {
    method: 'GET',
    pattern: '/v1/tax/settings',
    handler: ({ app, params }) => {
      parse(z.strictObject({ expand }), params);
      return settings(app);
    },
  },
  {
    method: 'GET',
    pattern: '/v1/tax/registrations',
    handler: ({ app, params }) => {
      const given = parse(listParams, params);
      const found = ['active', 'all'].includes(given.status ?? 'all') ? registrations(app) : [];
      return page(found, given, '/v1/tax/registrations', (one) => one, 'oldest');
    },
  },
];
