import { loyaltyTiers, marketAddOns, marketPackages, marketTiers } from './catalogue';
import type { Db } from './client';
import {
  addOnFeatures,
  addOns,
  creditPackages,
  customers,
  memberships,
  merchants,
  platforms,
  stores,
  tierLimits,
  tierPrices,
  tiers,
  users,
} from './schema';

/** The two platforms of the demo and of the tests. Ids are fixed, so that a seed is the same each time. */
export const MARKET = 'plt_market';
export const LOYALTY = 'plt_loyalty';

/** Makes the platforms with their tiers, prices, limits, add-ons and credit packages. Does nothing where they are. */
export async function makeCatalogue(db: Db): Promise<void> {
  await db
    .insert(platforms)
    .values([
      { id: MARKET, code: 'market', name: 'Market', trialTierCode: 'essential' },
      { id: LOYALTY, code: 'loyalty', name: 'Loyalty', fallbackTierCode: 'free' },
    ])
    .onConflictDoNothing();
  await makeTiers(db, MARKET, 'market', marketTiers);
  await makeTiers(db, LOYALTY, 'loyalty', loyaltyTiers);
  for (const [order, addOn] of marketAddOns.entries()) {
    const { features, ...row } = addOn;
    const id = `aon_${addOn.code}`;
    await db
      .insert(addOns)
      .values({ id, platformId: MARKET, currency: 'EUR', displayOrder: order, ...row })
      .onConflictDoNothing();
    for (const [featureCode, amount] of Object.entries(features)) {
      await db.insert(addOnFeatures).values({ addOnId: id, featureCode, amount }).onConflictDoNothing();
    }
  }
  for (const [order, pack] of marketPackages.entries()) {
    await db
      .insert(creditPackages)
      .values({ id: `cpk_${pack.code}`, platformId: MARKET, currency: 'EUR', displayOrder: order, ...pack })
      .onConflictDoNothing();
  }
}

async function makeTiers(
  db: Db,
  platformId: string,
  prefix: string,
  seeds: typeof marketTiers,
): Promise<void> {
  for (const [order, seed] of seeds.entries()) {
    const id = tierId(prefix, seed.code);
    const { code, name, description, isSelfService = true } = seed;
    await db
      .insert(tiers)
      .values({ id, platformId, code, name, description, isSelfService, displayOrder: order })
      .onConflictDoNothing();
    if (seed.monthly) {
      for (const interval of ['month', 'year'] as const) {
        const unitAmount = interval === 'year' ? seed.monthly * 10 : seed.monthly;
        await db
          .insert(tierPrices)
          .values({
            id: `tpr_${prefix}_${code}_${interval}`,
            tierId: id,
            currency: 'EUR',
            interval,
            unitAmount,
          })
          .onConflictDoNothing();
      }
    }
    const limits = Object.entries(seed.limits).map(([featureCode, value]) => ({
      tierId: id,
      featureCode,
      enabled: value !== false,
      limitValue: typeof value === 'boolean' ? null : value,
    }));
    if (limits.length > 0) await db.insert(tierLimits).values(limits).onConflictDoNothing();
  }
}

/** The id of a seeded tier. */
export const tierId = (platform: string, code: string) => `tier_${platform}_${code}`;

export type MerchantSeed = {
  key: string;
  name: string;
  email?: string;
  country?: string;
  platformId?: string;
  stores: { code: string; name: string; platformId?: string }[];
  owner: { email: string; name: string };
  at: Date;
  passwordHash?: string | null;
};

/** The ids a merchant of that key has. */
export const idsOf = (key: string) => ({ merchantId: `mer_${key}`, ownerId: `usr_${key}` });

/** Makes a merchant with its stores, owner and billing row, without a subscription. For the demo and for tests. */
export async function makeMerchant(db: Db, seed: MerchantSeed) {
  const { merchantId, ownerId } = idsOf(seed.key);
  const email = seed.email ?? `billing@${seed.key}.test`;
  await db
    .insert(merchants)
    .values({ id: merchantId, name: seed.name, email, country: seed.country ?? 'LU', createdAt: seed.at });
  await db.insert(customers).values({
    merchantId,
    name: seed.name,
    email,
    line1: '1, rue du Commerce',
    postalCode: '1234',
    city: 'Luxembourg',
    country: seed.country ?? 'LU',
    createdAt: seed.at,
  });
  const rows = seed.stores.map((store) => ({
    id: `sto_${store.code.toLowerCase()}`,
    code: store.code,
    name: store.name,
    merchantId,
    platformId: store.platformId ?? seed.platformId ?? MARKET,
    createdAt: seed.at,
  }));
  await db.insert(stores).values(rows);
  await db
    .insert(users)
    .values({ id: ownerId, ...seed.owner, passwordHash: seed.passwordHash ?? null, createdAt: seed.at });
  await db.insert(memberships).values({ merchantId, userId: ownerId, role: 'owner', createdAt: seed.at });
  return { merchantId, ownerId, storeIds: rows.map((row) => row.id) };
}
