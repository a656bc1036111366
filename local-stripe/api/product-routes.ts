/** The API of products. https://docs.stripe.com/api/products */
import { z } from 'zod';
import { either, invalid } from '../errors';
import { bool, filled, parse, range, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { makePrice, priceCreate } from '../records/prices';
import { assignProduct, makeProduct, productFields, productUpdate } from '../records/products';
import { strip } from '../records/strip';
import { act, deleted, list, retrieve } from './crud';

const productCreate = z.strictObject({
  ...productFields,
  id: filled.optional(),
  name: filled,
  type: z.enum(['service', 'good']).optional(),
  default_price_data: z.record(z.string(), z.unknown()).optional(),
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

function removeProduct(call: Call): object {
  const { app } = call;
  const product = app.need('products', id(call));
  if (app.store.by('prices', 'product', product.id).length > 0) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.');
  }
  app.store.remove('products', product.id);
  app.emit('product.deleted', strip(product));
  return deleted(product);
}

/** `ids` or a cursor, not both (stripe.md D9). https://docs.stripe.com/api/products/list */
function refuseIdsWithCursor(given: {
  ids?: string[];
  starting_after?: string;
  ending_before?: string;
}): void {
  const cursor = (['starting_after', 'ending_before'] as const).find((name) => given[name] !== undefined);
  if (given.ids && cursor) throw either('ids', cursor, 'ids');
}

export const productRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/products', handler: createProduct },
  list('/v1/products', 'products', {
    params: { active: bool, ids: z.array(filled), shippable: bool, url: text, created: range },
    same: ['active'],
    where: (product, given) => !given.ids || given.ids.includes(product.id),
    check: refuseIdsWithCursor,
  }),
  retrieve('/v1/products/:id', 'products'),
  act('/v1/products/:id', 'products', productUpdate, (product, given, app) => {
    const copy = structuredClone(product);
    assignProduct(app, copy, given);
    const archived = product.active && !copy.active ? app.store.get('prices', copy.default_price) : undefined;
    app.change('products', product, 'product.updated', () =>
      Object.assign(product, copy, { updated: app.now }),
    );
    // Archiving a product takes its default price along (stripe.md F12).
    if (archived?.active)
      app.change('prices', archived, 'price.updated', (rec) => {
        rec.active = false;
      });
  }),
  { method: 'DELETE', pattern: '/v1/products/:id', handler: removeProduct },
];
