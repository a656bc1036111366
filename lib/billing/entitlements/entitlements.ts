import { type Feature, featureType } from '@/lib/billing/features';
import { type EntitlementFacts, resolveGrant, type Scope } from './grant';

/** The API's answer for one feature. `enabled` with limit null = unlimited; off = limit 0. */
export type FeatureSummary = {
  code: string;
  nameKey: string;
  name: string;
  enabled: boolean;
  limit: number | null;
  current: number;
  remaining: number | null;
  percentUsed: number;
  featureType: 'binary' | 'quantitative';
  scope: Scope;
};

/** A meter. `percentage` has one decimal and no cap. */
export type UsageMetric = {
  code: string;
  name: string;
  current: number;
  limit: number | null;
  percentage: number;
  isUnlimited: boolean;
  isAtLimit: boolean;
  isApproachingLimit: boolean;
};

/** From here on a meter is yellow and a limit is being approached, in percent. */
export const APPROACHING = 70;

/** The API's answer for one feature of an account. */
export function resolveFeature(facts: EntitlementFacts, feature: Feature, now: Date): FeatureSummary {
  const { grant, scope } = resolveGrant(facts, feature, now);
  const isFlag = feature.kind === 'flag';
  const current = isFlag ? 0 : (facts.used[feature.code]?.total ?? 0);
  return {
    code: feature.code,
    nameKey: feature.nameKey,
    name: feature.name,
    enabled: grant.enabled,
    limit: grant.limit,
    current,
    remaining: grant.limit === null ? null : Math.max(0, grant.limit - current),
    percentUsed: isFlag ? 0 : Math.min(100, percentage(current, grant.limit)),
    featureType: featureType(feature),
    scope,
  };
}

/** The same as a meter. */
export function toUsageMetric(
  summary: Pick<FeatureSummary, 'code' | 'name' | 'current' | 'limit'>,
): UsageMetric {
  const { code, name, current, limit } = summary;
  const used = percentage(current, limit);
  const isAtLimit = limit !== null && current >= limit;
  return {
    code,
    name,
    current,
    limit,
    percentage: used,
    isUnlimited: limit === null,
    isAtLimit,
    isApproachingLimit: !isAtLimit && used >= APPROACHING,
  };
}

/** Part of a limit in percent, to one decimal: unlimited is 0, a limit of 0 is 100. */
function percentage(current: number, limit: number | null): number {
  if (limit === null) return 0;
  if (limit === 0) return 100;
  return Math.round((current / limit) * 1000) / 10;
}
