import type { Db } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { type FeatureSummary, resolveFeature } from '@/lib/billing/entitlements/entitlements';
import { resolveGrant } from '@/lib/billing/entitlements/grant';
import { findStoreCodes } from '@/lib/billing/entitlements/over-limit';
import { loadUnlocks } from '@/lib/billing/entitlements/unlocks';
import type { Unlock } from '@/lib/billing/errors';
import { type Feature, isMetered } from '@/lib/billing/features';
import {
  type ExplainedStep,
  explainStanding,
  explainStep,
  explainUnlock,
  explainUse,
} from './explained-steps';

export type Verdict = 'allowed' | 'limit_reached' | 'feature_not_in_plan';

export type Explanation = {
  feature: FeatureSummary;
  steps: ExplainedStep[];
  verdict: Verdict;
  unlock: Unlock[];
};

/**
 * Why an account may or may not use one more of a feature: every step of the resolution in order (status and grace, tier,
 * override, also one that is over or starts later, each add-on, use per store, verdict, what would unlock it).
 * @throws NotFound
 */
export async function explainFeature(
  db: Db,
  account: Account,
  feature: Feature,
  now: Date,
): Promise<Explanation> {
  const facts = await loadEntitlementFacts(db, account, now);
  const summary = resolveFeature(facts, feature, now);
  const verdict = judge(summary);
  const unlock = verdict === 'allowed' ? [] : await loadUnlocks(db, facts, feature, 1, now);
  const { standing, steps } = resolveGrant(facts, feature, now);
  const storeIds = [
    ...Object.keys(facts.used[feature.code]?.byStore ?? {}),
    ...facts.addOns.map((a) => a.storeId),
  ];
  const stores = await findStoreCodes(db, storeIds.filter(Boolean));
  return {
    feature: summary,
    steps: [
      explainStanding(standing, facts),
      ...steps.map((step) => explainStep(step, feature, stores)),
      ...(isMetered(feature) ? explainUse(facts, feature, stores) : []),
      {
        kind: 'verdict',
        textKey: `features.explain.verdict_${verdict}`,
        value: { limit: summary.limit, current: summary.current, remaining: summary.remaining },
        source: null,
      },
      ...unlock.map(explainUnlock),
    ],
    verdict,
    unlock,
  };
}

function judge(summary: FeatureSummary): Verdict {
  if (!summary.enabled) return 'feature_not_in_plan';
  return summary.remaining === 0 ? 'limit_reached' : 'allowed';
}
