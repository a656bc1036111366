/** Finding products and prices. */
import type { App } from '../app';
import { invalid } from '../errors';
import type { Price, Product } from '../types';

export function productOf(app: App, price: Price): Product | undefined {
  return app.store.get('products', price.product);
}

export function getRecurring(app: App, priceId: string): Price {
  const price = app.need('prices', priceId, 'items[0][price]');
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items[0][price]',
    );
  }
  return price;
}
