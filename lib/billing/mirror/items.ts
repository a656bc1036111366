import { eq, inArray } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOns, retiredPrices, tierPrices, tiers } from '@/db/schema';

/** Anything that names a price: a subscription's item, an invoice's line, a phase's item. */
type Priced = { priceId: string; productId?: string | null };
export type PlanItem<Item extends Priced> = { tierId: string; platformId: string; item: Item };
export type AddOnItem<Item extends Priced> = { addOnId: string; platformId: string; item: Item };

/**
 * What the items of a subscription are to us: by price id, archived and replaced prices included, else by the tier's
 * product. The plan need not come first (stripe.md 13). Items that nothing maps are left over.
 */
export async function recogniseItems<Item extends Priced>(
  db: Db,
  items: Item[],
): Promise<{ plans: PlanItem<Item>[]; addOns: AddOnItem<Item>[]; unmapped: Item[] }> {
  const tierOf = await findTiers(db, items);
  const rest = items.filter((item) => !tierOf.has(item));
  const addOnOf = rest.length > 0 ? await findAddOns(db, rest) : new Map<Item, never>();
  return {
    plans: items.flatMap((item) => {
      const tier = tierOf.get(item);
      return tier ? [{ ...tier, item }] : [];
    }),
    addOns: rest.flatMap((item) => {
      const addOn = addOnOf.get(item);
      return addOn ? [{ ...addOn, item }] : [];
    }),
    unmapped: rest.filter((item) => !addOnOf.has(item)),
  };
}

async function findTiers<Item extends Priced>(db: Db, items: Item[]) {
  const priceIds = items.map((item) => item.priceId);
  if (priceIds.length === 0) return new Map<Item, { tierId: string; platformId: string }>();
  const rows = await db
    .select({ priceId: tierPrices.stripePriceId, tierId: tiers.id, platformId: tiers.platformId })
    .from(tierPrices)
    .innerJoin(tiers, eq(tierPrices.tierId, tiers.id))
    .where(inArray(tierPrices.stripePriceId, priceIds));
  const byPrice = new Map(rows.map((row) => [row.priceId, row]));
  const found = new Map<Item, { tierId: string; platformId: string }>();
  for (const item of items) {
    const row = byPrice.get(item.priceId);
    if (row) found.set(item, { tierId: row.tierId, platformId: row.platformId });
  }
  const custom = items.filter((item) => !found.has(item) && item.productId);
  if (custom.length > 0) await addByProduct(db, custom, found);
  return found;
}

/** A price made for one customer (Enterprise) maps by its product. */
async function addByProduct<Item extends Priced>(
  db: Db,
  items: Item[],
  found: Map<Item, { tierId: string; platformId: string }>,
): Promise<void> {
  const products = items.flatMap((item) => item.productId ?? []);
  const rows = await db
    .select({ productId: tiers.stripeProductId, tierId: tiers.id, platformId: tiers.platformId })
    .from(tiers)
    .where(inArray(tiers.stripeProductId, products));
  for (const item of items) {
    const row = rows.find((one) => one.productId === item.productId);
    if (row) found.set(item, { tierId: row.tierId, platformId: row.platformId });
  }
}

async function findAddOns<Item extends Priced>(db: Db, items: Item[]) {
  const priceIds = items.map((item) => item.priceId);
  const current = await db
    .select({ priceId: addOns.stripePriceId, addOnId: addOns.id, platformId: addOns.platformId })
    .from(addOns)
    .where(inArray(addOns.stripePriceId, priceIds));
  const retired = await db
    .select({ priceId: retiredPrices.stripePriceId, addOnId: addOns.id, platformId: addOns.platformId })
    .from(retiredPrices)
    .innerJoin(addOns, eq(retiredPrices.addOnId, addOns.id))
    .where(inArray(retiredPrices.stripePriceId, priceIds));
  const byPrice = new Map([...retired, ...current].map((row) => [row.priceId, row]));
  const found = new Map<Item, { addOnId: string; platformId: string }>();
  for (const item of items) {
    const row = byPrice.get(item.priceId);
    if (row) found.set(item, { addOnId: row.addOnId, platformId: row.platformId });
  }
  return found;
}
