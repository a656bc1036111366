import { featureUses } from '@/components/billing/facts';
import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import { type ReasonFacts, useFeatureReasons } from './feature-reasons';
import { UsageSection } from './usage-section';

/** The meters of what is counted, with their reasons. */
export function ExplainedUsage({
  entitlements: { features, period },
  ...facts
}: ReasonFacts & {
  entitlements: { features: FeatureSummary[]; period: { end: Date } };
}) {
  return (
    <UsageSection uses={featureUses(features)} monthEnd={period.end} explain={useFeatureReasons(facts)} />
  );
}
