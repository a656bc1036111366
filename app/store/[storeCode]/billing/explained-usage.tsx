import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import { type ReasonFacts, useFeatureReasons } from './feature-reasons';
import { UsageSection } from './usage-section';

/** The meters with their reasons. */
export function ExplainedUsage({
  uses,
  monthEnd,
  ...facts
}: ReasonFacts & { uses: FeatureSummary[]; monthEnd: Date }) {
  return <UsageSection uses={uses} monthEnd={monthEnd} explain={useFeatureReasons(facts)} />;
}
