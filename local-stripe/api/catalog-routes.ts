/** The API of products and prices. https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices */
import { z } from 'zod';
import { invalid } from '../errors';
import { page } from '../http/list';
import {
  bool,
  expand,
  filled,
  ignored,
  inRange,
  interval,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  taxBehavior,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import {
  assignProduct,
  freeLookupKey,
  getPrice,
  getProduct,
  makePrice,
  makeProduct,
  priceCreate,
  productFields,
  productUpdate,
} from '../records/catalog';
import { strip } from '../records/strip';

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
const productList = z.strictObject({
  ...paging,
  active: bool.optional(),
  ids: z.array(filled).optional(),
  shippable: bool.optional(),
  url: text.optional(),
  created: range.optional(),
});
const priceList = z.strictObject({
  ...paging,
  active: bool.optional(),
  currency: filled.optional(),
  lookup_keys: z.array(filled).max(10).optional(),
  product: filled.optional(),
  recurring: z
    .strictObject({ interval: interval.optional(), usage_type: text.optional(), meter: ignored })
    .optional(),
  type: z.enum(['one_time', 'recurring']).optional(),
  created: range.optional(),
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
  return { id: product.id, object: 'product', deleted: true };
}

function listProducts({ app, params }: Call): object {
  const given = parse(productList, params);
  const found = [...app.store.all('products')].filter(
    (product) =>
      (given.active === undefined || product.active === given.active) &&
      (!given.ids || given.ids.includes(product.id)) &&
      inRange(product.created, given.created),
  );
  return page(found, given, '/v1/products', strip);
}

function updatePrice(call: Call): object {
  const { app } = call;
  const price = getPrice(app, id(call));
  const given = parse(priceUpdate, call.params);
  if (given.lookup_key) freeLookupKey(app, given.lookup_key, given.transfer_lookup_key ?? false, price.id);
  app.change('prices', price, 'price.updated', (rec) => {
    if (given.active !== undefined) rec.active = given.active;
    if (given.lookup_key !== undefined) rec.lookup_key = given.lookup_key || null;
    if (given.nickname !== undefined) rec.nickname = given.nickname || null;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    if (given.tax_behavior !== undefined) rec.tax_behavior = given.tax_behavior;
  });
  return strip(price);
}

function listPrices({ app, params }: Call): object {
  const given = parse(priceList, params);
  const pool = given.product
    ? app.store.by('prices', 'product', given.product)
    : [...app.store.all('prices')];
  const found = pool.filter(
    (price) =>
      !price._?.inline &&
      (given.active === undefined || price.active === given.active) &&
      (!given.currency || price.currency === given.currency) &&
      (!given.lookup_keys || (price.lookup_key !== null && given.lookup_keys.includes(price.lookup_key))) &&
      (!given.type || price.type === given.type) &&
      (!given.recurring?.interval || price.recurring?.interval === given.recurring.interval) &&
      inRange(price.created, given.created),
  );
  return page(found, given, '/v1/prices', strip);
}

const noParams = z.strictObject({ expand });
export const catalogRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/products', handler: createProduct },
  { method: 'GET', pattern: '/v1/products', handler: listProducts },
  {
    method: 'GET',
    pattern: '/v1/products/:id',
    handler: (call) => {
      parse(noParams, call.params);
      return strip(getProduct(call.app, id(call)));
    },
  },
  { method: 'POST', pattern: '/v1/products/:id', handler: updateProduct },
  { method: 'DELETE', pattern: '/v1/products/:id', handler: removeProduct },
  {
    method: 'POST',
    pattern: '/v1/prices',
    handler: ({ app, params }) => strip(makePrice(app, parse(priceCreate, params))),
  },
  { method: 'GET', pattern: '/v1/prices', handler: listPrices },
  {
    method: 'GET',
    pattern: '/v1/prices/:id',
    handler: (call) => {
      parse(noParams, call.params);
      return strip(getPrice(call.app, id(call)));
    },
  },
  { method: 'POST', pattern: '/v1/prices/:id', handler: updatePrice },
];
