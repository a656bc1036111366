/** Products. https://docs.stripe.com/api/products */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid } from '../errors';
import { bool, clearable, expand, filled, ignored, mergeMetadata, metadata, text } from '../http/params';
import type { Price, Product, Wire } from '../types';

export const productFields = {
  active: bool.optional(),
  description: text.optional(),
  images: clearable(z.array(text).max(8)).optional(),
  marketing_features: clearable(z.array(z.strictObject({ name: text })).max(15)).optional(),
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

export type ProductGiven = z.output<typeof productUpdate> & { name?: string | undefined };

/** product.created goes out. */
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

/** Writes what was given; tells nobody. */
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
    const price =
      given.default_price === '' ? null : app.need('prices', given.default_price, 'default_price');
    if (price && price.product !== product.id)
      throw invalid('The price is of another product.', 'default_price');
    product.default_price = price?.id ?? null;
  }
}

/** Undefined when it was deleted. */
export function productOf(app: App, price: Price): Product | undefined {
  return app.store.get('products', price.product);
}
