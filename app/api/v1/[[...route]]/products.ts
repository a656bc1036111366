import { z } from '@hono/zod-openapi';
import { getPlatformOrDefault } from '@/lib/billing/accounts';
import { listAddOnProducts, listCreditPackages } from '@/lib/billing/plans/extras';
import { listTiers } from '@/lib/billing/plans/tiers';
import { routesOf } from './contract';
import type { Resource } from './resource';

const route = routesOf('Public');

const productShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.object({
    price_id: z.string().nullable(),
    unit_amount: z.number().int(),
    currency: z.string(),
    recurring: z.object({ interval: z.enum(['month', 'year']), interval_count: z.number().int() }).nullable(),
  }),
});

const getProducts = route('get', '/products', {
  summary: 'What is sold, for a price list: no sign-in',
  security: [],
  request: {
    query: z.object({
      product_type: z.enum(['subscription', 'one_time']).default('subscription'),
      platform: z
        .string()
        .optional()
        .openapi({ description: 'Id or code; default: the only one, else `market`' }),
    }),
  },
  200: [z.object({ products: z.array(productShape) }), 'Products with their prices'],
});

/** What is sold of a platform, as rows of a price list. */
export const products: Resource = (api) => {
  api.openapi(getProducts, async (c) => {
    const { db } = c.env;
    const { product_type, platform: named } = c.req.valid('query');
    const platform = await getPlatformOrDefault(db, named);
    c.header('cache-control', 'public, max-age=60');
    if (product_type === 'one_time') {
      const packs = await listCreditPackages(db, platform.id);
      return c.json(
        {
          products: packs.map((pack) => ({ ...identify(pack), description: '', price: priceOf(pack, null) })),
        },
        200,
      );
    }
    const [tiers, extras] = await Promise.all([
      listTiers(db, platform.id, { publicOnly: true }),
      listAddOnProducts(db, platform.id),
    ]);
    return c.json(
      {
        products: [
          ...tiers.flatMap((tier) =>
            tier.prices.map((price) => ({
              ...identify(tier),
              description: tier.description,
              price: priceOf(price, price.interval),
            })),
          ),
          ...extras.map((addOn) => ({
            ...identify(addOn),
            description: addOn.description,
            price: priceOf(addOn, addOn.interval),
          })),
        ],
      },
      200,
    );
  });
};

const identify = (row: { stripeProductId: string | null; id: string; name: string }) => ({
  id: row.stripeProductId ?? row.id,
  name: row.name,
});

const priceOf = (
  row: { stripePriceId: string | null; unitAmount: number; currency: string },
  interval: 'month' | 'year' | null,
) => ({
  price_id: row.stripePriceId,
  unit_amount: row.unitAmount,
  currency: row.currency,
  recurring: interval ? { interval, interval_count: 1 } : null,
});
