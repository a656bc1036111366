import type Stripe from 'stripe';
import type { Offer, OfferPrice } from '@/lib/billing/plans/offer';
import { keepPrice } from '@/lib/billing/plans/offer-kept';
import { createPrice, moveKey, type Prices, settleTax } from '@/lib/billing/plans/push-calls';
import { callStripe } from '@/lib/stripe/client';
import { archiveAtStripe, inWords, offerFacts, type Reader, type Work } from './push-steps';

/**
 * A price stands when Stripe has it active with our amount, under the offer's product and with the lookup key. One that we
 * know, or that has the key, is taken over when only the binding is missing; else a new one takes its place.
 */
export function planPrice(
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

const idOf = (reference: string | { id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;
