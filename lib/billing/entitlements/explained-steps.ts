import type { EntitlementFacts, OverrideFacts, Step } from '@/lib/billing/entitlements/grant';
import type { Standing } from '@/lib/billing/entitlements/standing';
import type { Unlock } from '@/lib/billing/errors';
import type { Feature } from '@/lib/billing/features';

/** Facts of a step for its sentence: numbers, names and ISO dates; null = unlimited or none. */
export type StepValue = Record<string, string | number | boolean | null>;

export type ExplainedStep = {
  kind: 'status' | Step['kind'] | 'usage' | 'verdict' | 'unlock';
  /** Key of the sentence in the messages; `value` fills it in. */
  textKey: string;
  value: StepValue;
  /** Where it comes from, e.g. `tier:essential`, `override:ovr_…`, `store:ACME`. */
  source: string | null;
};

export function explainStanding(standing: Standing, facts: EntitlementFacts): ExplainedStep {
  const { subscription } = facts;
  return {
    kind: 'status',
    textKey: `features.explain.status_${standing.reason}`,
    value: {
      status: standing.status,
      tier: subscription?.tier.name ?? null,
      since: subscription?.pastDueSince?.toISOString() ?? null,
      until:
        (standing.reason === 'trial' ? subscription?.trialEnd : subscription?.graceUntil)?.toISOString() ??
        null,
    },
    source: subscription ? `subscription:${subscription.id}` : null,
  };
}

export function explainStep(step: Step, feature: Feature, stores: Map<string, string>): ExplainedStep {
  const { enabled, limit } = step.grant;
  const result = { enabled, limit };
  const outcome = outcomeOf(step.grant, feature);
  switch (step.kind) {
    case 'none':
      return { kind: 'none', textKey: 'features.explain.none', value: result, source: null };
    case 'tier':
    case 'fallback':
      return {
        kind: step.kind,
        textKey: `features.explain.${step.kind}_${outcome}`,
        value: { tier: step.tier.name, ...result },
        source: `tier:${step.tier.code}`,
      };
    case 'override':
      return {
        kind: 'override',
        textKey: `features.explain.override_${outcome}`,
        value: { ...storyOf(step.override), ...result },
        source: `override:${step.override.id}`,
      };
    case 'override_over':
    case 'override_later':
      return {
        kind: step.kind,
        textKey: `features.explain.${step.kind}_${outcomeOf(step.given, feature)}`,
        value: { ...storyOf(step.override), given: step.given.limit, ...result },
        source: `override:${step.override.id}`,
      };
    case 'add_on': {
      const { addOn } = step;
      const store = stores.get(addOn.storeId) ?? addOn.storeId;
      return {
        kind: 'add_on',
        textKey: `features.explain.add_on_${outcome}`,
        value: { name: addOn.name, amount: addOn.amount, store, ...result },
        source: `add_on:${addOn.code}`,
      };
    }
  }
}

const outcomeOf = ({ enabled, limit }: Step['grant'], feature: Feature) =>
  !enabled ? 'off' : feature.kind === 'flag' ? 'on' : limit === null ? 'unlimited' : 'limit';

const storyOf = (override: OverrideFacts): StepValue => ({
  reason: override.reason,
  author: override.author,
  from: override.startsAt?.toISOString() ?? null,
  until: override.expiresAt?.toISOString() ?? null,
});

export function explainUse(
  facts: EntitlementFacts,
  feature: Feature,
  stores: Map<string, string>,
): ExplainedStep[] {
  const byStore = Object.entries(facts.used[feature.code]?.byStore ?? {}).filter(
    ([, current]) => current > 0,
  );
  const isFlow = feature.kind === 'flow';
  const period = {
    from: isFlow ? facts.month.start.toISOString() : null,
    until: isFlow ? facts.month.end.toISOString() : null,
  };
  if (byStore.length === 0) {
    return [
      {
        kind: 'usage',
        textKey: 'features.explain.usage_none',
        value: { current: 0, ...period },
        source: null,
      },
    ];
  }
  return byStore.map(([id, current]) => {
    const store = stores.get(id) ?? (id || null);
    return {
      kind: 'usage',
      textKey: store ? 'features.explain.usage_store' : 'features.explain.usage_other',
      value: { store, current, ...period },
      source: store ? `store:${store}` : null,
    };
  });
}

export function explainUnlock(unlock: Unlock): ExplainedStep {
  return {
    kind: 'unlock',
    textKey: `features.explain.unlock_${unlock.kind}`,
    value: {
      name: unlock.name ?? null,
      amount: unlock.price?.amount ?? null,
      currency: unlock.price?.currency ?? null,
      interval: unlock.price?.interval ?? null,
    },
    source: unlock.code ? `${unlock.kind}:${unlock.code}` : null,
  };
}
