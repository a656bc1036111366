import type Stripe from 'stripe';
import type { Offer, RetiredProduct } from '@/lib/billing/plans/offer';
import { keepProduct, markPriceArchived, markProductArchived } from '@/lib/billing/plans/offer-kept';
import { loadOffers } from '@/lib/billing/plans/offers';
import { createProduct, type Prices, readPrices, readProducts } from '@/lib/billing/plans/push-calls';
import { callStripe } from '@/lib/stripe/client';
import { planPrice } from './push-price';
import { archivePrice, archiveProduct, offerFacts, type Reader, type Work } from './push-steps';

/**
 * What has to be done at Stripe, in order, and what turned out to be done there already (`note` writes that down).
 * Reads only. @throws StripeUnavailable
 */
export async function planWork(reader: Reader): Promise<{ work: Work[]; note(): Promise<void> }> {
  const { db, stripe, now } = reader;
  const { offers, retired } = await loadOffers(db);
  const products = await readProducts(stripe, [
    ...offers.flatMap((offer) => offer.productId ?? []),
    ...retired.map((row) => row.stripeProductId),
  ]);
  const prices = await readPrices(stripe, offers);
  const done: (() => Promise<void>)[] = [];
  const work: Work[] = [];
  const replaced = new Set<string>();
  for (const offer of offers) work.push(...planOffer(reader, offer, products, prices, replaced));
  for (const offer of offers) {
    for (const former of offer.former) {
      if (replaced.has(former.priceId)) continue;
      const price = prices.byId.get(former.priceId);
      if (price?.active) work.push(archivePrice(reader, offerFacts(offer), price));
      else done.push(() => markPriceArchived(db, former.priceId, now));
    }
  }
  for (const row of retired) {
    const product = products.get(row.stripeProductId);
    const steps = product ? await planRetired(reader, row, product, replaced) : [];
    if (steps.length === 0) done.push(() => markProductArchived(db, row.stripeProductId, now));
    work.push(...steps);
  }
  return {
    work,
    async note() {
      for (const mark of done) await mark();
    },
  };
}

function planOffer(
  reader: Reader,
  offer: Offer,
  products: Map<string, Stripe.Product>,
  prices: Prices,
  replaced: Set<string>,
): Work[] {
  const { db, stripe } = reader;
  const facts = offerFacts(offer);
  const product = offer.productId ? products.get(offer.productId) : undefined;
  if (!offer.isActive) return product?.active ? [archiveProduct(reader, facts, product, offer.name)] : [];
  const work: Work[] = [];
  // A tier with custom prices has a product too: its prices are made per customer and map by it.
  if (!product) {
    const run = async () => {
      offer.productId = (await createProduct(stripe, offer)).id;
      await keepProduct(db, offer, offer.productId);
    };
    work.push({ ...facts, action: 'create_product', detail: offer.name, run });
  } else if (
    product.name !== offer.name ||
    (product.description ?? '') !== offer.description ||
    !product.active
  ) {
    const wanted = { name: offer.name, description: offer.description, active: true };
    work.push({
      ...facts,
      action: 'update_product',
      detail: product.name === offer.name ? offer.name : `${product.name} → ${offer.name}`,
      run: async () => void (await callStripe(() => stripe.products.update(product.id, wanted))),
    });
  }
  for (const price of offer.prices) work.push(...planPrice(reader, offer, price, prices, replaced));
  return work;
}

/** The product of something deleted, and every price of it that could still be bought. */
async function planRetired(
  reader: Reader,
  row: RetiredProduct,
  product: Stripe.Product,
  replaced: Set<string>,
): Promise<Work[]> {
  const { entity, entityId, code, platform, platformId } = row;
  const facts = { entity, entityId, code, platform, platformId };
  const prices = await callStripe(() =>
    reader.stripe.prices
      .list({ product: product.id, active: true, limit: 100 })
      .autoPagingToArray({ limit: 1000 }),
  );
  return [
    ...prices.filter((price) => !replaced.has(price.id)).map((price) => archivePrice(reader, facts, price)),
    ...(product.active ? [archiveProduct(reader, facts, product, row.name)] : []),
  ];
}
