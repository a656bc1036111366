import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { callStripe, isMissing } from '@/lib/stripe/client';
import type { Offer, OfferPrice } from './offer';

export type Prices = { byKey: Map<string, Stripe.Price>; byId: Map<string, Stripe.Price> };

/** Those that Stripe still has, by id. */
export async function readProducts(stripe: Stripe, ids: string[]): Promise<Map<string, Stripe.Product>> {
  const found = new Map<string, Stripe.Product>();
  for (let from = 0; from < ids.length; from += 100) {
    const list = await callStripe(() =>
      stripe.products.list({ ids: ids.slice(from, from + 100), limit: 100 }),
    );
    for (const product of list.data) found.set(product.id, product);
  }
  return found;
}

/** By lookup key, ten a call (Stripe's limit); those that we know by id only, one by one: they are few. */
export async function readPrices(stripe: Stripe, offers: Offer[]): Promise<Prices> {
  const byKey = new Map<string, Stripe.Price>();
  const keys = offers.flatMap((offer) => offer.prices.map((price) => price.lookupKey));
  for (let from = 0; from < keys.length; from += 10) {
    const list = await callStripe(() =>
      stripe.prices.list({ lookup_keys: keys.slice(from, from + 10), limit: 100 }),
    );
    for (const price of list.data) if (price.lookup_key) byKey.set(price.lookup_key, price);
  }
  const byId = new Map([...byKey.values()].map((price) => [price.id, price]));
  const wanted = offers.flatMap((offer) => [
    ...offer.prices.flatMap((price) => price.priceId ?? []),
    ...offer.former.map((price) => price.priceId),
  ]);
  for (const id of wanted.filter((one) => !byId.has(one))) {
    const price = await callStripe(() => stripe.prices.retrieve(id)).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    if (price) byId.set(id, price);
  }
  return { byKey, byId };
}

/** Binds a price that Stripe has to the lookup key, whoever had it. */
export const moveKey = (stripe: Stripe, priceId: string, lookupKey: string) =>
  callStripe(() => stripe.prices.update(priceId, { lookup_key: lookupKey, transfer_lookup_key: true }));

/** Says that the tax comes on top, which can be said once. */
export const settleTax = (stripe: Stripe, priceId: string) =>
  callStripe(() => stripe.prices.update(priceId, { tax_behavior: 'exclusive' }));

/** Under a key of what it is for: a push that died before we wrote the id down goes on with the same product. */
export function createProduct(stripe: Stripe, offer: Offer): Promise<Stripe.Product> {
  const params = {
    name: offer.name,
    ...(offer.description ? { description: offer.description } : {}),
    metadata: { platform: offer.platform, kind: offer.entity, code: offer.code },
  };
  const idempotencyKey = keyOf('product', offer.id, offer.productId, params);
  return callStripe(() => stripe.products.create(params, { idempotencyKey }));
}

/** A new price that takes the lookup key over; under a key of what it replaces. */
export function createPrice(
  stripe: Stripe,
  offer: Offer,
  price: OfferPrice,
  replaces: string[],
): Promise<Stripe.Price> {
  if (!offer.productId) throw new Error(`${offer.code} has no product to price`);
  const params = {
    product: offer.productId,
    currency: price.currency.toLowerCase(),
    unit_amount: price.unitAmount,
    tax_behavior: 'exclusive' as const,
    lookup_key: price.lookupKey,
    transfer_lookup_key: true,
    ...(price.interval ? { recurring: { interval: price.interval } } : {}),
    metadata: { platform: offer.platform, kind: offer.entity, code: offer.code },
  };
  const idempotencyKey = keyOf('price', price.rowId, replaces, params);
  return callStripe(() => stripe.prices.create(params, { idempotencyKey }));
}

const keyOf = (...parts: unknown[]) =>
  `push:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
