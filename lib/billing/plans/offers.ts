import { and, asc, eq, isNull, ne } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import {
  addOns,
  creditPackages,
  platforms,
  retiredPrices,
  retiredProducts,
  tierPrices,
  tiers,
} from '@/db/schema';

export type Entity = 'tier' | 'add_on' | 'credit_package';
export type Interval = 'month' | 'year' | null;

/** One thing we sell, as it should stand at Stripe. */
export type Offer = {
  entity: Entity;
  id: string;
  code: string;
  platformId: string;
  platform: string;
  name: string;
  description: string;
  isActive: boolean;
  productId: string | null;
  prices: OfferPrice[];
  /** Stripe prices it is no longer sold by that the push has not archived yet. They stay mapped for who pays them. */
  former: { priceId: string; currency?: string; unitAmount?: number; interval?: Interval }[];
};

export type OfferPrice = {
  /** The row that keeps the Stripe price id: the tier price's, or the offer's own. */
  rowId: string;
  lookupKey: string;
  currency: string;
  unitAmount: number;
  interval: Interval;
  priceId: string | null;
};

export type RetiredProduct = typeof retiredProducts.$inferSelect & { platform: string };

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

/** `platform:code:interval:currency` (stripe.md 46). */
const lookupKey = (platform: string, code: string, interval: Interval, currency: string) =>
  `${platform}:${code}:${interval ?? 'once'}:${currency.toLowerCase()}`;

function tierOffer(
  row: typeof tiers.$inferSelect,
  prices: (typeof tierPrices.$inferSelect)[],
  platform: string,
): Offer {
  const onSale = row.isSelfService ? prices.filter((price) => price.archivedAt === null) : [];
  return {
    ...common('tier', row, platform),
    description: row.description,
    prices: onSale.map((price) => ({
      rowId: price.id,
      lookupKey: lookupKey(platform, row.code, price.interval, price.currency),
      currency: price.currency,
      unitAmount: price.unitAmount,
      interval: price.interval,
      priceId: price.stripePriceId,
    })),
    former: prices.flatMap(({ stripePriceId, stripeArchivedAt, archivedAt, ...price }) =>
      stripePriceId && !stripeArchivedAt && (archivedAt || !row.isSelfService)
        ? [{ ...price, priceId: stripePriceId }]
        : [],
    ),
  };
}

type Extra = Pick<
  typeof addOns.$inferSelect,
  | 'id'
  | 'code'
  | 'platformId'
  | 'name'
  | 'description'
  | 'isActive'
  | 'stripeProductId'
  | 'stripePriceId'
  | 'currency'
  | 'unitAmount'
> & { interval: Interval };

function extraOffer(
  entity: 'add_on' | 'credit_package',
  row: Extra,
  platform: string,
  former: { stripePriceId: string }[],
): Offer {
  const { interval, currency, unitAmount } = row;
  return {
    ...common(entity, row, platform),
    description: row.description,
    prices: [
      {
        rowId: row.id,
        lookupKey: lookupKey(platform, row.code, interval, currency),
        currency,
        unitAmount,
        interval,
        priceId: row.stripePriceId,
      },
    ],
    former: former.map((price) => ({ priceId: price.stripePriceId })),
  };
}

function common(
  entity: Entity,
  row: Pick<
    typeof tiers.$inferSelect,
    'id' | 'code' | 'platformId' | 'name' | 'isActive' | 'stripeProductId'
  >,
  platform: string,
) {
  const { id, code, platformId, name, isActive, stripeProductId: productId } = row;
  return { entity, id, code, platformId, platform, name, isActive, productId };
}

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
