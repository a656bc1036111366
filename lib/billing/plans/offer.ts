import type { addOns, retiredProducts, tierPrices, tiers } from '@/db/schema';

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

/** `platform:code:interval:currency` (stripe.md 46). */
const lookupKey = (platform: string, code: string, interval: Interval, currency: string) =>
  `${platform}:${code}:${interval ?? 'once'}:${currency.toLowerCase()}`;

export function tierOffer(
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

export function extraOffer(
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
