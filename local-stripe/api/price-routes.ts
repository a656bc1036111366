/** The API of prices. https://docs.stripe.com/api/prices */
import { z } from 'zod';
import { invalid } from '../errors';
import {
  bool,
  expand,
  filled,
  ignored,
  interval,
  mergeMetadata,
  metadata,
  parse,
  range,
  taxBehavior,
  text,
  upTo,
} from '../http/params';
import type { Route } from '../http/router';
import { freeLookupKey, makePrice, priceCreate } from '../records/prices';
import { strip } from '../records/strip';
import type { Price } from '../types';
import { list, retrieve, update } from './crud';

const priceUpdate = z.strictObject({
  active: bool.optional(),
  currency_options: ignored,
  lookup_key: upTo(200).optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  tax_behavior: taxBehavior.optional(),
  transfer_lookup_key: bool.optional(),
  expand,
});

/** Said once, it stands. https://docs.stripe.com/api/prices/update (tax_behavior) */
function refuseTaxBehavior(price: Price, wanted: string | undefined): void {
  if (wanted === undefined || wanted === price.tax_behavior || price.tax_behavior === 'unspecified') return;
  throw invalid(`The tax_behavior of this price is ${price.tax_behavior} for good.`, 'tax_behavior');
}

export const priceRoutes: Route[] = [
  {
    method: 'POST',
    pattern: '/v1/prices',
    handler: ({ app, params }) => strip(makePrice(app, parse(priceCreate, params))),
  },
  list('/v1/prices', 'prices', {
    params: {
      active: bool,
      currency: filled,
      lookup_keys: z.array(filled).max(10),
      product: filled,
      recurring: z.strictObject({
        interval: interval.optional(),
        usage_type: text.optional(),
        meter: ignored,
      }),
      type: z.enum(['one_time', 'recurring']),
      created: range,
    },
    by: ['product'],
    same: ['active', 'currency', 'type'],
    where: (price, given) =>
      !price._?.inline &&
      (!given.lookup_keys || (price.lookup_key !== null && given.lookup_keys.includes(price.lookup_key))) &&
      (!given.recurring?.interval || price.recurring?.interval === given.recurring.interval),
  }),
  retrieve('/v1/prices/:id', 'prices'),
  update('/v1/prices/:id', 'prices', 'price.updated', priceUpdate, (rec, given, app) => {
    if (given.active === false && app.store.get('products', rec.product)?.default_price === rec.id) {
      throw invalid(
        'The default price of a product cannot be archived: give the product another one first.',
        'active',
      );
    }
    refuseTaxBehavior(rec, given.tax_behavior);
    rec.metadata = mergeMetadata(rec.metadata, given.metadata); // may refuse, so before a key is taken over
    if (given.lookup_key) freeLookupKey(app, given.lookup_key, given.transfer_lookup_key ?? false, rec.id);
    if (given.active !== undefined) rec.active = given.active;
    if (given.lookup_key !== undefined) rec.lookup_key = given.lookup_key || null;
    if (given.nickname !== undefined) rec.nickname = given.nickname || null;
    if (given.tax_behavior !== undefined) rec.tax_behavior = given.tax_behavior;
  }),
];
