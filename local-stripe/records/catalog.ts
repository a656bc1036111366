/** Finding products and prices. */
import type { App } from '../app';
import { invalid, missing } from '../errors';
import type { Price, Product } from '../types';

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
