import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { Entity, Interval, Offer, OfferPrice } from '@/lib/billing/plans/offer';
import { markPriceArchived, markProductArchived } from '@/lib/billing/plans/offer-kept';
import { writePrice } from '@/lib/money';
import { callStripe, isMissing } from '@/lib/stripe/client';

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

export type Reader = { db: Db; stripe: Stripe; now: Date };

export const offerFacts = ({ entity, id, code, platform, platformId }: Offer) => ({
  entity,
  code,
  platform,
  platformId,
  entityId: id,
});

type Facts = Omit<Work, 'action' | 'detail' | 'price' | 'run'>;

export function archivePrice(reader: Reader, facts: Facts, price: Stripe.Price): Work {
  const worth = {
    amount: price.unit_amount ?? 0,
    currency: price.currency.toUpperCase(),
    interval: (price.recurring?.interval ?? null) as Interval,
  };
  const detail = inWords({ ...worth, unitAmount: worth.amount });
  const run = () => archiveAtStripe(reader, price.id);
  return { ...facts, action: 'archive_price', detail, price: worth, run };
}

export function archiveProduct(
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

export async function archiveAtStripe({ db, stripe, now }: Reader, priceId: string): Promise<void> {
  await callStripe(() => stripe.prices.update(priceId, { active: false })).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  await markPriceArchived(db, priceId, now);
}

export const inWords = (price: Pick<OfferPrice, 'unitAmount' | 'currency' | 'interval'>) =>
  `${writePrice(price.unitAmount, price.currency)} ${price.currency}${price.interval ? ` / ${price.interval}` : ''}`;
