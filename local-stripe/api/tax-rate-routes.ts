/** The API of tax rates. https://docs.stripe.com/api/tax_rates */
import type Stripe from 'stripe';
import { z } from 'zod';
import { bool, expand, filled, mergeMetadata, metadata, parse, text } from '../http/params';
import type { Call, Route } from '../http/router';
import type { Metadata, Wire } from '../types';
import { act, list, retrieve } from './crud';

const shared = {
  active: bool.optional(),
  country: text.optional(),
  description: text.optional(),
  jurisdiction: text.optional(),
  metadata: metadata.optional(),
  state: text.optional(),
  tax_type: text.optional(),
  expand,
};
const createParams = z.strictObject({
  ...shared,
  display_name: filled,
  inclusive: bool,
  percentage: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,4})?$/)
    .transform(Number),
});
const updateParams = z.strictObject({ ...shared, display_name: filled.optional() });

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  return app.store.put('tax_rates', {
    id: app.ids.make('txr'),
    object: 'tax_rate',
    active: given.active ?? true,
    country: given.country || null,
    created: app.now,
    description: given.description || null,
    display_name: given.display_name,
    effective_percentage: given.percentage,
    flat_amount: null,
    inclusive: given.inclusive,
    jurisdiction: given.jurisdiction || null,
    jurisdiction_level: null,
    livemode: false,
    metadata: (given.metadata ?? {}) as Metadata,
    percentage: given.percentage,
    rate_type: 'percentage',
    state: given.state || null,
    tax_type: (given.tax_type || null) as Stripe.TaxRate.TaxType | null,
  } satisfies Wire<Stripe.TaxRate>);
}

export const taxRateRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/tax_rates', handler: create },
  list('/v1/tax_rates', 'tax_rates', {
    params: { active: bool, inclusive: bool },
    same: ['active', 'inclusive'],
  }),
  retrieve('/v1/tax_rates/:id', 'tax_rates'),
  // A percentage is never changed: another rate is made (api/tax_rates/update has no such parameter).
  act('/v1/tax_rates/:id', 'tax_rates', updateParams, (rate, given, app) => {
    app.change('tax_rates', rate, null, (rec) => {
      if (given.active !== undefined) rec.active = given.active;
      if (given.display_name) rec.display_name = given.display_name;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
      if (given.description !== undefined) rec.description = given.description || null;
    });
  }),
];
