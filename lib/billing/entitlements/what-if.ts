import { and, eq, gt } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingAccounts, merchants, platforms, subscriptions } from '@/db/schema';
import type { Account } from '@/lib/billing/accounts';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { listEntitlementFacts } from '@/lib/billing/entitlements/fact-rows';
import { type EntitlementFacts, resolveGrant } from '@/lib/billing/entitlements/grant';
import { resolveStanding } from '@/lib/billing/entitlements/standing';
import { withTier } from '@/lib/billing/entitlements/unlocks';
import { TierNotFound } from '@/lib/billing/errors';
import type { Feature } from '@/lib/billing/features';
import { checkTierLimits, mergeLimits, type TierLimitInput } from '@/lib/billing/plans/tier-limits';
import { findTierById, getTier, type Tier } from '@/lib/billing/plans/tiers';
import { findOver, findStoreCodes, type OverLimit, storeIdsOf, withStoreCodes } from './over-limit';

/**
 * What a draft of limits would do. `affected` is everybody for whom the tier counts now, `over` the first hundred over,
 * `lost` how many would no longer have a feature at all.
 */
export type LimitsPreview = {
  affected: number;
  lost: { featureCode: string; merchants: number }[];
  overCount: number;
  over: { merchantId: string; merchantName: string; overLimit: OverLimit[] }[];
};

/**
 * What-if: who would be over a draft of a tier's limits that is not over today's, with each merchant's exceptions and
 * add-ons on top. Reads a thousand merchants at a time; writes nothing.
 * @throws TierNotFound, ValidationFailed naming `[i].field`
 */
export async function previewTierLimits(
  db: Db,
  tier: { platformId: string; code: string },
  rows: TierLimitInput[],
  features: readonly Feature[],
  now: Date,
): Promise<LimitsPreview> {
  checkTierLimits(rows, features);
  const current = await getTier(db, tier.platformId, tier.code);
  const draft = Object.fromEntries(
    mergeLimits(current.limits, rows, features).map(({ featureCode, ...limit }) => [featureCode, limit]),
  );
  const preview: LimitsPreview = { affected: 0, lost: [], overCount: 0, over: [] };
  const lost = new Map<string, number>();
  for await (const page of accountsThatMayCount(db, tier.platformId, current)) {
    const names = new Map(page.map((row) => [row.merchantId, row.name]));
    for (const facts of (await listEntitlementFacts(db, page, now)).values()) {
      if (resolveStanding(facts, now).tier?.id !== current.id) continue;
      preview.affected++;
      const already = new Set(findOver(facts, features, now).map((one) => one.featureCode));
      const drafted = { ...facts, limits: { ...facts.limits, [current.id]: draft } };
      for (const code of findLost(facts, drafted, features, now)) lost.set(code, (lost.get(code) ?? 0) + 1);
      const overLimit = findOver(drafted, features, now).filter((one) => !already.has(one.featureCode));
      if (overLimit.length === 0) continue;
      preview.overCount++;
      if (preview.over.length < 100) {
        const { merchantId } = facts;
        preview.over.push({ merchantId, merchantName: names.get(merchantId) ?? merchantId, overLimit });
      }
    }
  }
  const codes = await findStoreCodes(
    db,
    preview.over.flatMap((one) => storeIdsOf(one.overLimit)),
  );
  for (const one of preview.over) one.overLimit = withStoreCodes(one.overLimit, codes);
  preview.lost = [...lost].map(([featureCode, count]) => ({ featureCode, merchants: count }));
  return preview;
}

/** What an account has by the first facts and not by the second, in the features' order. Pure. */
function findLost(
  before: EntitlementFacts,
  after: EntitlementFacts,
  features: readonly Feature[],
  now: Date,
): string[] {
  const has = (facts: EntitlementFacts, feature: Feature) => resolveGrant(facts, feature, now).grant.enabled;
  return features.filter((one) => has(before, one) && !has(after, one)).map((one) => one.code);
}

/** The accounts for whom a tier may count, a thousand at a time: its subscribers; for a fallback tier everybody. */
async function* accountsThatMayCount(db: Db, platformId: string, tier: Tier) {
  const [fallback] = await db
    .select({ code: platforms.fallbackTierCode })
    .from(platforms)
    .where(eq(platforms.id, platformId));
  const isFallback = fallback?.code === tier.code;
  for (let after = ''; ; ) {
    const page = await db
      .select({
        merchantId: billingAccounts.merchantId,
        platformId: billingAccounts.platformId,
        name: merchants.name,
      })
      .from(billingAccounts)
      .innerJoin(merchants, eq(merchants.id, billingAccounts.merchantId))
      .leftJoin(
        subscriptions,
        and(
          eq(subscriptions.merchantId, billingAccounts.merchantId),
          eq(subscriptions.platformId, billingAccounts.platformId),
          eq(subscriptions.isCurrent, true),
        ),
      )
      .where(
        and(
          eq(billingAccounts.platformId, platformId),
          gt(billingAccounts.merchantId, after),
          isFallback ? undefined : eq(subscriptions.tierId, tier.id),
        ),
      )
      .orderBy(billingAccounts.merchantId)
      .limit(1000);
    const last = page.at(-1);
    if (!last) return;
    after = last.merchantId;
    yield page;
  }
}

/** What of an account would be over the limits of another tier, per store: `over_limit` of change-tier/preview. */
export async function previewTierOver(
  db: Db,
  account: Account,
  tierId: string,
  features: readonly Feature[],
  now: Date,
): Promise<OverLimit[]> {
  const [facts, tier] = await Promise.all([loadEntitlementFacts(db, account, now), findTierById(db, tierId)]);
  if (!tier) throw new TierNotFound(tierId);
  const over = findOver(withTier(facts, tier), features, now);
  return withStoreCodes(over, await findStoreCodes(db, storeIdsOf(over)));
}
