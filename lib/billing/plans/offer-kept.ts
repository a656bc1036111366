import { and, eq, ne } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { addOns, creditPackages, retiredPrices, retiredProducts, tierPrices, tiers } from '@/db/schema';
import type { Offer, OfferPrice } from './offer';

/** Keeps the product that Stripe has for an offer. */
export async function keepProduct(db: Db, offer: Offer, stripeProductId: string): Promise<void> {
  const table = offer.entity === 'tier' ? tiers : offer.entity === 'add_on' ? addOns : creditPackages;
  await db.update(table).set({ stripeProductId }).where(eq(table.id, offer.id));
}

/** Keeps the price that an offer is sold by now. The one before it stays mapped: a tier's as a row of its own. */
export async function keepPrice(db: Db, offer: Offer, price: OfferPrice, priceId: string): Promise<void> {
  const former = price.priceId !== priceId ? price.priceId : null;
  await db.transaction((tx) =>
    offer.entity === 'tier'
      ? keepTierPrice(tx, offer, price, priceId, former)
      : keepExtraPrice(tx, offer, priceId, former),
  );
}

async function keepTierPrice(
  tx: Tx,
  offer: Offer,
  price: OfferPrice,
  stripePriceId: string,
  former: string | null,
) {
  // A price taken up again may still stand on an archived row; an id stands on one row only.
  await tx
    .update(tierPrices)
    .set({ stripePriceId: null })
    .where(
      and(
        eq(tierPrices.tierId, offer.id),
        eq(tierPrices.stripePriceId, stripePriceId),
        ne(tierPrices.id, price.rowId),
      ),
    );
  const [row] = await tx
    .update(tierPrices)
    .set({ stripePriceId, stripeArchivedAt: null })
    .where(eq(tierPrices.id, price.rowId))
    .returning();
  if (!row || !former) return;
  await tx
    .insert(tierPrices)
    .values({ ...row, id: `${row.id}_${former}`, stripePriceId: former, archivedAt: new Date() });
}

async function keepExtraPrice(tx: Tx, offer: Offer, stripePriceId: string, former: string | null) {
  const [table, owner] =
    offer.entity === 'add_on'
      ? ([addOns, { addOnId: offer.id }] as const)
      : ([creditPackages, { creditPackageId: offer.id }] as const);
  await tx.delete(retiredPrices).where(eq(retiredPrices.stripePriceId, stripePriceId));
  if (former) {
    await tx
      .insert(retiredPrices)
      .values({ stripePriceId: former, ...owner })
      .onConflictDoUpdate({ target: retiredPrices.stripePriceId, set: { stripeArchivedAt: null } });
  }
  await tx.update(table).set({ stripePriceId }).where(eq(table.id, offer.id));
}

/** Remembers that a price is no longer on sale at Stripe. */
export async function markPriceArchived(db: Db, priceId: string, now: Date): Promise<void> {
  const done = { stripeArchivedAt: now };
  await db.update(tierPrices).set(done).where(eq(tierPrices.stripePriceId, priceId));
  await db.update(retiredPrices).set(done).where(eq(retiredPrices.stripePriceId, priceId));
}

/** Remembers that the product of something deleted is no longer on sale at Stripe. */
export async function markProductArchived(db: Db, productId: string, now: Date): Promise<void> {
  await db
    .update(retiredProducts)
    .set({ stripeArchivedAt: now })
    .where(eq(retiredProducts.stripeProductId, productId));
}
