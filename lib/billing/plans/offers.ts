import { asc, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import {
  addOns,
  creditPackages,
  platforms,
  retiredPrices,
  retiredProducts,
  tierPrices,
  tiers,
} from '@/db/schema';
import { extraOffer, type Offer, type RetiredProduct, tierOffer } from './offer';

/** What plans, add-ons, packages and platforms are called, by id. */
export async function listOfferNames(db: Db): Promise<Map<string, string>> {
  const lists = await Promise.all(
    [tiers, addOns, creditPackages, platforms].map((table) =>
      db.select({ id: table.id, name: table.name }).from(table),
    ),
  );
  return new Map(lists.flat().map(({ id, name }) => [id, name]));
}

/** All that we sell, and what was deleted and may still be on sale at Stripe. Seven statements, whatever there is. */
export async function loadOffers(db: Db): Promise<{ offers: Offer[]; retired: RetiredProduct[] }> {
  const platformRows = await db.select().from(platforms);
  const [tierRows, priceRows, addOnRows, packageRows, oldPrices, oldProducts] = await Promise.all([
    db.select().from(tiers).orderBy(asc(tiers.platformId), asc(tiers.displayOrder), asc(tiers.code)),
    db.select().from(tierPrices).orderBy(asc(tierPrices.currency), asc(tierPrices.interval)),
    db.select().from(addOns).orderBy(asc(addOns.platformId), asc(addOns.displayOrder), asc(addOns.code)),
    db
      .select()
      .from(creditPackages)
      .orderBy(asc(creditPackages.platformId), asc(creditPackages.displayOrder), asc(creditPackages.code)),
    db.select().from(retiredPrices).where(isNull(retiredPrices.stripeArchivedAt)),
    db
      .select()
      .from(retiredProducts)
      .where(isNull(retiredProducts.stripeArchivedAt))
      .orderBy(asc(retiredProducts.createdAt)),
  ]);
  const platformOf = (id: string) => platformRows.find((row) => row.id === id)?.code ?? id;
  const offers = [
    ...tierRows.map((row) =>
      tierOffer(
        row,
        priceRows.filter((price) => price.tierId === row.id),
        platformOf(row.platformId),
      ),
    ),
    ...addOnRows.map((row) => {
      const former = oldPrices.filter((price) => price.addOnId === row.id);
      return extraOffer('add_on', row, platformOf(row.platformId), former);
    }),
    ...packageRows.map((row) => {
      const former = oldPrices.filter((price) => price.creditPackageId === row.id);
      const plain = { ...row, description: '', interval: null };
      return extraOffer('credit_package', plain, platformOf(row.platformId), former);
    }),
  ];
  const inUse = new Set(offers.map((offer) => offer.productId));
  return {
    offers,
    retired: oldProducts
      .filter((row) => !inUse.has(row.stripeProductId))
      .map((row) => ({ ...row, platform: platformOf(row.platformId) })),
  };
}
