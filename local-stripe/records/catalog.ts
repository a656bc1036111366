/** Products and prices. https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid, missing } from '../errors';
import {
  amount,
  bool,
  clearable,
  decimal,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  type priceData,
  productData,
  recurring,
  taxBehavior,
  text,
} from '../http/params';
import type { ItemChange, Metadata, Price, Product, Wire } from '../types';
import type { itemParams } from './subscription-params';

export const productFields = {
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

export const productUpdate = z.strictObject({
  ...productFields,
  name: filled.optional(),
  default_price: text.optional(),
});
export const priceCreate = z.strictObject({
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

type ProductGiven = z.output<typeof productUpdate> & { name?: string | undefined };

export function getPrice(app: App, priceId: string, param = 'id'): Price {
  const price = app.store.get('prices', priceId);
  if (!price) throw missing('price', priceId, param);
  return price;
}

export function productOf(app: App, price: Price): Product | undefined {
  return app.store.get('products', price.product);
}

export function getProduct(app: App, productId: string, param = 'id'): Product {
  const product = app.store.get('products', productId);
  if (!product) throw missing('product', productId, param);
  return product;
}

export function makeProduct(app: App, given: ProductGiven & { id?: string | undefined }): Product {
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

export function assignProduct(app: App, product: Product, given: ProductGiven): void {
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

export function freeLookupKey(app: App, key: string, transfer: boolean, except?: string): void {
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

export function getRecurring(app: App, priceId: string): Price {
  const price = app.store.get('prices', priceId);
  if (!price) throw missing('price', priceId, 'items[0][price]');
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items[0][price]',
    );
  }
  return price;
}
