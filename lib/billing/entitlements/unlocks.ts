import { and, eq, inArray } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOnFeatures, addOns } from '@/db/schema';
import type { Unlock } from '@/lib/billing/errors';
import type { Feature } from '@/lib/billing/features';
import { listTiers, type Tier } from '@/lib/billing/plans/tiers';
import { monthly } from '@/lib/money';
import { type EntitlementFacts, resolveGrant } from './grant';

type SoldAddOn = {
  code: string;
  name: string;
  currency: string;
  interval: 'month' | 'year';
  unitAmount: number;
  amount: number;
};

/** Reads what is for sale and says what would let `quantity` more units, or a flag, pass. */
export async function loadUnlocks(
  db: Db,
  facts: EntitlementFacts,
  feature: Feature,
  quantity: number,
  now: Date,
): Promise<Unlock[]> {
  const platformId = facts.platform.id;
  const [tiers, sold] = await Promise.all([
    listTiers(db, platformId, { publicOnly: true }),
    db
      .select({
        code: addOns.code,
        name: addOns.name,
        currency: addOns.currency,
        interval: addOns.interval,
        unitAmount: addOns.unitAmount,
        amount: addOnFeatures.amount,
      })
      .from(addOns)
      .innerJoin(addOnFeatures, eq(addOnFeatures.addOnId, addOns.id))
      .where(
        and(
          eq(addOns.platformId, platformId),
          eq(addOns.isActive, true),
          inArray(addOnFeatures.featureCode, [feature.code]),
        ),
      ),
  ]);
  return findUnlocks(facts, feature, quantity, { tiers, addOns: sold }, now);
}

/**
 * What would let `quantity` more units pass: the cheapest self-service tier that allows it with the merchant's exceptions
 * and add-ons on top, the cheapest add-on that is enough (else the one that adds most), and for a stock giving something
 * back. Pure.
 */
export function findUnlocks(
  facts: EntitlementFacts,
  feature: Pick<Feature, 'code' | 'kind'>,
  quantity: number,
  sale: { tiers: Tier[]; addOns: SoldAddOn[] },
  now: Date,
): Unlock[] {
  const current = facts.used[feature.code]?.total ?? 0;
  const { grant, steps } = resolveGrant(facts, feature, now);
  const isEnough = (units: { enabled: boolean; limit: number | null }) =>
    units.enabled && (units.limit === null || current + quantity <= units.limit);
  const unlocks: Unlock[] = [];

  const currency = facts.subscription?.currency ?? facts.platform.currency;
  const cheapest = sale.tiers
    .filter((tier) => tier.isSelfService && isEnough(resolveGrant(withTier(facts, tier), feature, now).grant))
    .flatMap((tier) => {
      const price = tier.prices.find((one) => one.currency === currency && one.interval === 'month');
      return price ? [{ tier, price }] : [];
    })
    .sort((a, b) => a.price.unitAmount - b.price.unitAmount)[0];
  if (cheapest) {
    const { tier, price } = cheapest;
    unlocks.push({
      kind: 'tier',
      code: tier.code,
      name: tier.name,
      price: { amount: price.unitAmount, currency, interval: 'month' },
    });
  }

  const switchedOff = steps.some((step) => step.kind === 'override' && step.override.enabled === false);
  const addOn = switchedOff
    ? undefined
    : chooseAddOn(sale.addOns, feature, current + quantity - (grant.limit ?? 0));
  if (addOn) {
    const { code, name, unitAmount, interval } = addOn;
    unlocks.push({
      kind: 'add_on',
      code,
      name,
      price: { amount: unitAmount, currency: addOn.currency, interval },
    });
  }

  const canRelease =
    feature.kind === 'stock' &&
    current > 0 &&
    grant.enabled &&
    grant.limit !== null &&
    quantity <= grant.limit;
  if (canRelease) unlocks.push({ kind: 'release' });
  return unlocks;
}

function chooseAddOn(
  sold: SoldAddOn[],
  feature: Pick<Feature, 'kind'>,
  missing: number,
): SoldAddOn | undefined {
  const adding = sold.filter((one) => feature.kind === 'flag' || one.amount > 0);
  const byPrice = (a: SoldAddOn, b: SoldAddOn) =>
    monthly(a.unitAmount, a.interval) - monthly(b.unitAmount, b.interval);
  const enough = adding.filter((one) => feature.kind === 'flag' || one.amount >= missing).sort(byPrice)[0];
  return enough ?? adding.sort((a, b) => b.amount - a.amount || byPrice(a, b))[0];
}

/** The same facts as if the account had `tier`, in good standing. */
export function withTier(facts: EntitlementFacts, tier: Tier): EntitlementFacts {
  const own = { id: tier.id, code: tier.code, name: tier.name };
  const limits = Object.fromEntries(
    tier.limits.map((row) => [row.featureCode, { enabled: row.enabled, limitValue: row.limitValue }]),
  );
  return {
    ...facts,
    subscription: {
      id: '',
      status: 'active',
      tier: own,
      isLocal: false,
      trialEnd: null,
      cancelAt: null,
      pastDueSince: null,
      graceUntil: null,
      currency: facts.subscription?.currency ?? facts.platform.currency,
    },
    limits: { ...facts.limits, [tier.id]: limits },
  };
}
