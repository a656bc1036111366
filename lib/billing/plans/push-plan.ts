import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { writePrice } from '@/lib/money';
import { callStripe, isMissing } from '@/lib/stripe/client';
import {
  type Entity,
  type Interval,
  keepPrice,
  keepProduct,
  loadOffers,
  markPriceArchived,
  markProductArchived,
  type Offer,
  type OfferPrice,
  type RetiredProduct,
} from './offers';
import {
  createPrice,
  createProduct,
  moveKey,
  type Prices,
  readPrices,
  readProducts,
  settleTax,
} from './push-calls';

/** One step of a push, as a person checks it before it is done. */
export type PushStep = {
  action:
    | 'create_product'
    | 'update_product'
    | 'archive_product'
    | 'create_price'
    | 'adopt_price'
    | 'replace_price'
    | 'archive_price';
  entity: Entity;
  code: string;
  platform: string;
  detail: string;
  price?: { amount: number; currency: string; interval: Interval };
};

/** A step with the thing it is about and the deed itself: `run` may be repeated. */
export type Work = PushStep & { entityId: string; platformId: string; run(): Promise<void> };

type Reader = { db: Db; stripe: Stripe; now: Date };

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

const offerFacts = ({ entity, id, code, platform, platformId }: Offer) => ({
  entity,
  code,
  platform,
  platformId,
  entityId: id,
});

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

/**
 * A price stands when Stripe has it active with our amount, under the offer's product and with the lookup key. One that we
 * know, or that has the key, is taken over when only the binding is missing; else a new one takes its place.
 */
function planPrice(
  reader: Reader,
  offer: Offer,
  price: OfferPrice,
  prices: Prices,
  replaced: Set<string>,
): Work[] {
  const { db, stripe } = reader;
  const keyed = prices.byKey.get(price.lookupKey);
  const held = price.priceId ? prices.byId.get(price.priceId) : undefined;
  const kept = [held, keyed].find((one) => one && fits(one, price, offer));
  const isSettled = kept?.tax_behavior === 'exclusive';
  if (kept && isSettled && kept.id === keyed?.id && kept.id === price.priceId) return [];
  const old = [keyed, held].flatMap((one) => (one && one.id !== kept?.id ? one.id : []));
  for (const id of old) replaced.add(id);
  const { currency, interval, unitAmount: amount } = price;
  const step = { ...offerFacts(offer), detail: inWords(price), price: { amount, currency, interval } };
  const run = async () => {
    let id = kept?.id;
    if (!id) id = (await createPrice(stripe, offer, price, old)).id;
    else if (kept?.lookup_key !== price.lookupKey) await moveKey(stripe, id, price.lookupKey);
    if (kept && !isSettled) await settleTax(stripe, kept.id);
    // Our row first: a price that Stripe has and we do not know would be an unmapped one.
    await keepPrice(db, offer, price, id);
    await pointDefault(stripe, offer, old, id);
    for (const one of new Set(old)) await archiveAtStripe(reader, one);
  };
  const action = kept ? 'adopt_price' : old.length > 0 ? 'replace_price' : 'create_price';
  return [{ ...step, action, run }];
}

/** A product's default price cannot be archived (stripe.md D27): where an old one is, the new one becomes it first. */
async function pointDefault(stripe: Stripe, offer: Offer, old: string[], id: string): Promise<void> {
  const { productId } = offer;
  if (!productId || old.length === 0) return;
  const { default_price: now } = await callStripe(() => stripe.products.retrieve(productId));
  if (now && old.includes(idOf(now)))
    await callStripe(() => stripe.products.update(productId, { default_price: id }));
}

/**
 * Whether a price of Stripe's is what the offer says, plainly: one of every third month, metered, divided or with the tax
 * within it is another price, whatever its amount. One whose tax was never settled can be settled once (stripe.md D20).
 */
const fits = (found: Stripe.Price, price: OfferPrice, offer: Offer) =>
  found.active &&
  found.unit_amount === price.unitAmount &&
  found.currency.toUpperCase() === price.currency &&
  (found.recurring?.interval ?? null) === price.interval &&
  (found.recurring?.interval_count ?? 1) === 1 &&
  (found.recurring?.usage_type ?? 'licensed') === 'licensed' &&
  found.transform_quantity === null &&
  found.tax_behavior !== 'inclusive' &&
  idOf(found.product) === offer.productId;

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

type Facts = Omit<Work, 'action' | 'detail' | 'price' | 'run'>;

function archivePrice(reader: Reader, facts: Facts, price: Stripe.Price): Work {
  const worth = {
    amount: price.unit_amount ?? 0,
    currency: price.currency.toUpperCase(),
    interval: (price.recurring?.interval ?? null) as Interval,
  };
  const detail = inWords({ ...worth, unitAmount: worth.amount });
  const run = () => archiveAtStripe(reader, price.id);
  return { ...facts, action: 'archive_price', detail, price: worth, run };
}

function archiveProduct(
  { db, stripe, now }: Reader,
  facts: Facts,
  product: Stripe.Product,
  name: string,
): Work {
  const run = async () => {
    await callStripe(() => stripe.products.update(product.id, { active: false }));
    await markProductArchived(db, product.id, now);
  };
  return { ...facts, action: 'archive_product', detail: name, run };
}

async function archiveAtStripe({ db, stripe, now }: Reader, priceId: string): Promise<void> {
  await callStripe(() => stripe.prices.update(priceId, { active: false })).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  await markPriceArchived(db, priceId, now);
}

const idOf = (reference: string | { id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;

const inWords = (price: Pick<OfferPrice, 'unitAmount' | 'currency' | 'interval'>) =>
  `${writePrice(price.unitAmount, price.currency)} ${price.currency}${price.interval ? ` / ${price.interval}` : ''}`;
