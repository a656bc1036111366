import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOns, creditPackages, stripeDifferences, tierPrices, tiers } from '@/db/schema';

export type CatalogDrift = {
  id: string;
  entity: 'tier' | 'add_on' | 'credit_package';
  /** The tier's, add-on's or package's own id. */
  offerId: string;
  name: string;
  /** Of a tier's price. */
  price: { amount: number; currency: string; interval: 'month' | 'year' } | null;
  foundAt: Date;
  ours: unknown;
  theirs: unknown;
};

/**
 * What of our catalogue was changed at Stripe by hand and not mended yet, newest first, by the names people know: from what
 * Stripe's events told, without asking Stripe. Of all platforms, as a push is.
 */
export async function listCatalogDrift(db: Db): Promise<CatalogDrift[]> {
  const rows = await db
    .select()
    .from(stripeDifferences)
    .where(
      and(
        isNull(stripeDifferences.resolvedAt),
        // The index of what is open begins with the entity: merchants' differences are not read.
        inArray(stripeDifferences.entity, ['tier', 'tier_price', 'add_on', 'credit_package']),
        inArray(stripeDifferences.kind, ['price_drift', 'product_drift']),
      ),
    )
    .orderBy(desc(stripeDifferences.foundAt), desc(stripeDifferences.id))
    .limit(50);
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.entityId);
  const [tierRows, priceRows, addOnRows, packageRows] = await Promise.all([
    db.select().from(tiers).where(inArray(tiers.id, ids)),
    db
      .select({ price: tierPrices, name: tiers.name })
      .from(tierPrices)
      .innerJoin(tiers, eq(tiers.id, tierPrices.tierId))
      .where(inArray(tierPrices.id, ids)),
    db.select().from(addOns).where(inArray(addOns.id, ids)),
    db.select().from(creditPackages).where(inArray(creditPackages.id, ids)),
  ]);
  return rows.flatMap((row): CatalogDrift[] => {
    const common = {
      id: row.id,
      offerId: row.entityId,
      foundAt: row.foundAt,
      ours: row.local,
      theirs: row.stripe,
      price: null,
    };
    const found = priceRows.find((one) => one.price.id === row.entityId);
    if (found) {
      const { unitAmount: amount, currency, interval } = found.price;
      const price = { amount, currency, interval };
      return [{ ...common, entity: 'tier', offerId: found.price.tierId, name: found.name, price }];
    }
    const tier = tierRows.find((one) => one.id === row.entityId);
    if (tier) return [{ ...common, entity: 'tier', name: tier.name }];
    const addOn = addOnRows.find((one) => one.id === row.entityId);
    if (addOn) return [{ ...common, entity: 'add_on', name: addOn.name }];
    const pack = packageRows.find((one) => one.id === row.entityId);
    // What was deleted since has nothing to mend.
    return pack ? [{ ...common, entity: 'credit_package', name: pack.name }] : [];
  });
}
