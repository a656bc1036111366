/** Products and prices. https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import type { ItemChange } from '../engine/changes';
import { invalid, missing } from '../errors';
import { page } from '../http/list';
import {
  amount,
  bool,
  clearable,
  decimal,
  expand,
  filled,
  ignored,
  inRange,
  interval,
  mergeMetadata,
  metadata,
  paging,
  parse,
  type priceData,
  productData,
  range,
  recurring,
  taxBehavior,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import type { Metadata, Price, Product, Wire } from '../types';
import { strip } from './lookup';
import type { itemParams } from './subscription-params';

const productFields = {
  active: bool.optional(),
  description: text.optional(),
  images: clearable(z.array(text)).optional(),
  marketing_features: clearable(z.array(z.strictObject({ name: text }))).optional(),
  metadata: metadata.optional(),
  package_dimensions: ignored,
  shippable: bool.optional(),
  statement_descriptor: text.optional(),
  tax_code: text.optional(),
  tax_details: ignored,
  unit_label: text.optional(),
  url: text.optional(),
  expand,
};
const productCreate = z.strictObject({
  ...productFields,
  id: filled.optional(),
  name: filled,
  type: z.enum(['service', 'good']).optional(),
  default_price_data: z.record(z.string(), z.unknown()).optional(),
});
const productUpdate = z.strictObject({
  ...productFields,
  name: filled.optional(),
  default_price: text.optional(),
});
const priceCreate = z.strictObject({
  active: bool.optional(),
  billing_scheme: z.enum(['per_unit']).optional(),
  currency: filled,
  currency_options: ignored,
  lookup_key: text.optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  product: filled.optional(),
  product_data: productData.optional(),
  recurring: recurring.optional(),
  tax_behavior: taxBehavior.optional(),
  transfer_lookup_key: bool.optional(),
  unit_amount: amount.optional(),
  unit_amount_decimal: decimal.optional(),
  expand,
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

type ProductGiven = z.output<typeof productUpdate> & { name?: string | undefined };

export function getPrice(app: App, priceId: string, param = 'id'): Price {
  const price = app.store.get('prices', priceId);
  if (!price) throw missing('price', priceId, param);
  return price;
}

export function productOf(app: App, price: Price): Product | undefined {
  return app.store.get('products', price.product);
}

function getProduct(app: App, productId: string, param = 'id'): Product {
  const product = app.store.get('products', productId);
  if (!product) throw missing('product', productId, param);
  return product;
}

function makeProduct(app: App, given: ProductGiven & { id?: string | undefined }): Product {
  if (given.id && app.store.get('products', given.id)) {
    throw invalid(`Product already exists.`, 'id', 'resource_already_exists');
  }
  const product: Product = {
    id: given.id ?? app.ids.make('prod'),
    object: 'product',
    active: true,
    created: app.now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name: '',
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: app.now,
    url: null,
  } satisfies Wire<Stripe.Product>;
  assignProduct(app, product, given);
  app.store.put('products', product);
  app.emit('product.created', app.view('products', product));
  return product;
}

function assignProduct(app: App, product: Product, given: ProductGiven): void {
  if (given.name !== undefined) product.name = given.name;
  if (given.active !== undefined) product.active = given.active;
  if (given.images !== undefined) product.images = given.images ?? [];
  if (given.marketing_features !== undefined) product.marketing_features = given.marketing_features ?? [];
  if (given.metadata !== undefined) product.metadata = mergeMetadata(product.metadata, given.metadata);
  if (given.shippable !== undefined) product.shippable = given.shippable;
  for (const key of ['description', 'statement_descriptor', 'tax_code', 'unit_label', 'url'] as const) {
    if (given[key] !== undefined) product[key] = given[key] || null;
  }
  if (given.default_price !== undefined) {
    product.default_price =
      given.default_price === '' ? null : getPrice(app, given.default_price, 'default_price').id;
  }
}

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

type PriceGiven = Omit<z.output<typeof priceCreate>, 'expand'>;

export function makePrice(app: App, given: PriceGiven, inline = false): Price {
  if (!given.product && !given.product_data) {
    throw invalid(
      'You must specify either `product` or `product_data` when creating a price.',
      'product',
      'parameter_missing',
    );
  }
  if (given.unit_amount === undefined && given.unit_amount_decimal === undefined) {
    throw invalid(
      'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.',
      'unit_amount',
      'parameter_missing',
    );
  }
  if (given.product) getProduct(app, given.product, 'product');
  if (given.lookup_key) freeLookupKey(app, given.lookup_key, given.transfer_lookup_key ?? false);
  const product = given.product ?? makeProduct(app, given.product_data as ProductGiven).id;
  const decimalAmount = given.unit_amount_decimal ?? String(given.unit_amount);
  const whole = /^\d+(\.0+)?$/.test(decimalAmount) ? Math.trunc(Number(decimalAmount)) : null;
  const price = {
    id: app.ids.make('price'),
    object: 'price',
    active: given.active ?? true,
    billing_scheme: 'per_unit',
    created: app.now,
    currency: given.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: given.lookup_key || null,
    metadata: (given.metadata ?? {}) as Metadata,
    nickname: given.nickname || null,
    product,
    recurring: given.recurring
      ? {
          interval: given.recurring.interval,
          interval_count: given.recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: given.recurring.trial_period_days ?? null,
          usage_type: 'licensed',
        }
      : null,
    tax_behavior: given.tax_behavior ?? 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: given.recurring ? 'recurring' : 'one_time',
    unit_amount: given.unit_amount ?? whole,
    unit_amount_decimal: decimalAmount,
  } satisfies Wire<Stripe.Price>;
  app.store.put('prices', inline ? { ...price, active: false, _: { inline: true } } : price);
  if (!inline) app.emit('price.created', price);
  return price;
}

function freeLookupKey(app: App, key: string, transfer: boolean, except?: string): void {
  const holder = app.store.by('prices', 'lookup_key', key).find((price) => price.id !== except);
  if (!holder) return;
  if (!transfer)
    throw invalid(
      `A price (\`${holder.id}\`) already uses that lookup key.`,
      'lookup_key',
      'resource_already_exists',
    );
  app.change('prices', holder, 'price.updated', (rec) => {
    rec.lookup_key = null;
  });
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

export function priceFor(
  app: App,
  given: {
    price?: string | undefined;
    plan?: string | undefined;
    price_data?: z.output<typeof priceData> | undefined;
  },
  param: string,
): Price | undefined {
  const priceId = given.price ?? given.plan;
  if (priceId) return getPrice(app, priceId, `${param}[price]`);
  return given.price_data ? makePrice(app, given.price_data, true) : undefined;
}

export function itemChanges(app: App, items: z.output<typeof itemParams>[] | undefined): ItemChange[] {
  return (items ?? []).map((item, at) => {
    const price = priceFor(app, item, `items[${at}]`);
    if (!item.id && !price)
      throw invalid(
        `Missing required param: items[${at}][price].`,
        `items[${at}][price]`,
        'parameter_missing',
      );
    return {
      id: item.id,
      price,
      quantity: item.quantity,
      deleted: item.deleted,
      metadata: item.metadata === undefined ? undefined : ((item.metadata ?? {}) as Metadata),
    };
  });
}
