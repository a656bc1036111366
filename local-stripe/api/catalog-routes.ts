/** The API of products and prices. https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices */
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
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import {
  assignProduct,
  freeLookupKey,
  getProduct,
  makePrice,
  makeProduct,
  priceCreate,
  productFields,
  productUpdate,
} from '../records/catalog';
import { strip } from '../records/strip';
import { deleted, list, one, retrieve, update } from './crud';

const productCreate = z.strictObject({
  ...productFields,
  id: filled.optional(),
  name: filled,
  type: z.enum(['service', 'good']).optional(),
  default_price_data: z.record(z.string(), z.unknown()).optional(),
});

const priceUpdate = z.strictObject({
  active: bool.optional(),
  currency_options: ignored,
  lookup_key: text.optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  tax_behavior: taxBehavior.optional(),
  transfer_lookup_key: bool.optional(),
  expand,
});
function createProduct({ app, params }: Call): object {
  const { default_price_data, ...given } = parse(productCreate, params);
  const product = makeProduct(app, given);
  if (default_price_data) {
    const price = makePrice(
      app,
      parse(priceCreate, { ...(params.default_price_data as object), product: product.id }),
    );
    product.default_price = price.id;
    app.store.put('products', product);
  }
  return strip(product);
}

function updateProduct(call: Call): object {
  const { app } = call;
  const product = getProduct(app, id(call));
  const given = parse(productUpdate, call.params);
  const copy = structuredClone(product);
  assignProduct(app, copy, given);
  app.change('products', product, 'product.updated', (rec) => Object.assign(rec, copy, { updated: app.now }));
  return strip(product);
}

function removeProduct(call: Call): object {
  const { app } = call;
  const product = getProduct(app, id(call));
  if (app.store.by('prices', 'product', product.id).length > 0) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.');
  }
  app.store.remove('products', product.id);
  app.emit('product.deleted', strip(product));
  return deleted(product);
}

const price = one('prices', 'price');

export const catalogRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/products', handler: createProduct },
  list('/v1/products', 'products', {
    params: { active: bool, ids: z.array(filled), shippable: bool, url: text, created: range },
    same: ['active'],
    where: (product, given) => !given.ids || given.ids.includes(product.id),
  }),
  retrieve('/v1/products/:id', 'products', one('products', 'product')),
  { method: 'POST', pattern: '/v1/products/:id', handler: updateProduct },
  { method: 'DELETE', pattern: '/v1/products/:id', handler: removeProduct },
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
  retrieve('/v1/prices/:id', 'prices', price),
  update('/v1/prices/:id', 'prices', price, 'price.updated', priceUpdate, (rec, given, app) => {
    if (given.lookup_key) freeLookupKey(app, given.lookup_key, given.transfer_lookup_key ?? false, rec.id);
    if (given.active !== undefined) rec.active = given.active;
    if (given.lookup_key !== undefined) rec.lookup_key = given.lookup_key || null;
    if (given.nickname !== undefined) rec.nickname = given.nickname || null;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    if (given.tax_behavior !== undefined) rec.tax_behavior = given.tax_behavior;
  }),
];
