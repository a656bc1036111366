import {
  resolveStanding,
  type Standing,
  type StandingFacts,
  type TierFacts,
} from '@/lib/billing/entitlements/standing';
import type { Feature, Period } from '@/lib/billing/features';

/** What a tier says about one feature. */
export type TierLimit = { enabled: boolean; limitValue: number | null };

export type OverrideFacts = {
  id: string;
  featureCode: string;
  hasLimit: boolean;
  /** Of meaning with `hasLimit`; null = unlimited. */
  limitValue: number | null;
  enabled: boolean | null;
  reason: string;
  author: string;
  startsAt: Date | null;
  expiresAt: Date | null;
};

/** An add-on of a store that counts now, and what it adds to one feature. */
export type AddOnFacts = {
  code: string;
  name: string;
  storeId: string;
  featureCode: string;
  amount: number;
};

/** Everything that decides an account's entitlements, as plain facts; see `loadEntitlementFacts`. */
export type EntitlementFacts = StandingFacts & {
  merchantId: string;
  platform: { id: string; code: string; currency: string };
  /** By tier id, then by feature code; of the subscription's tier and of the fallback. */
  limits: Record<string, Record<string, TierLimit>>;
  /** At most one per feature: in force, not yet, or over but not taken away. */
  overrides: OverrideFacts[];
  addOns: AddOnFacts[];
  month: Period;
  /** By feature code, in the period that counts. */
  used: Record<string, { total: number; byStore: Record<string, number> }>;
};

export type Scope = 'tier' | 'merchant_override' | 'add_on' | 'fallback' | 'none';

/** A grant of one feature on the way through the steps: limit null = unlimited. */
type Grant = { enabled: boolean; limit: number | null };

export type Step =
  | { kind: 'tier' | 'fallback'; tier: TierFacts; row: TierLimit | null; grant: Grant }
  | { kind: 'none'; grant: Grant }
  | { kind: 'override'; override: OverrideFacts; grant: Grant }
  /** One that stands outside its time and changes nothing; `given` is what it gave or will give. */
  | { kind: 'override_over' | 'override_later'; override: OverrideFacts; given: Grant; grant: Grant }
  | { kind: 'add_on'; addOn: AddOnFacts; grant: Grant };

export type Resolution = { standing: Standing; steps: Step[]; grant: Grant; scope: Scope };

const OFF: Grant = { enabled: false, limit: 0 };

/**
 * Resolves one feature, step by step: the tier that counts → an override in force replaces → add-ons add. An add-on or an
 * override turns on what the tier lacks; an override that switches off is a decision that add-ons do not undo. The SQL function
 * `granted` says the same (a property test holds them together).
 */
export function resolveGrant(
  facts: EntitlementFacts,
  feature: Pick<Feature, 'code' | 'kind'>,
  now: Date,
): Resolution {
  const standing = resolveStanding(facts, now);
  const steps: Step[] = [];
  let scope: Scope = 'none';
  let grant = OFF;
  // A flag has no limit: on is on.
  const normalise = (next: Grant): Grant =>
    !next.enabled ? OFF : feature.kind === 'flag' ? { enabled: true, limit: null } : next;
  const take = (next: Grant, by: Scope) => {
    const normal = normalise(next);
    if (normal.enabled !== grant.enabled || normal.limit !== grant.limit) scope = by;
    grant = normal;
    return grant;
  };

  if (standing.tier) {
    const row = facts.limits[standing.tier.id]?.[feature.code] ?? null;
    const given = row?.enabled ? { enabled: true, limit: row.limitValue } : OFF;
    steps.push({ kind: standing.via, tier: standing.tier, row, grant: take(given, standing.via) });
  } else {
    steps.push({ kind: 'none', grant });
  }

  let switchedOff = false;
  const override = facts.overrides.find((one) => one.featureCode === feature.code);
  if (override) {
    const limit = override.hasLimit ? override.limitValue : grant.limit;
    const enabled = override.enabled ?? (override.hasLimit || grant.enabled);
    if (isInForce(override, now)) {
      switchedOff = override.enabled === false;
      steps.push({ kind: 'override', override, grant: take({ enabled, limit }, 'merchant_override') });
    } else {
      const kind = isOver(override, now) ? 'override_over' : 'override_later';
      steps.push({ kind, override, given: normalise({ enabled, limit }), grant });
    }
  }

  if (!switchedOff) {
    for (const addOn of facts.addOns) {
      if (addOn.featureCode !== feature.code) continue;
      if (feature.kind !== 'flag' && addOn.amount === 0) continue;
      const limit = grant.limit === null && grant.enabled ? null : (grant.limit ?? 0) + addOn.amount;
      steps.push({ kind: 'add_on', addOn, grant: take({ enabled: true, limit }, 'add_on') });
    }
  }
  return { standing, steps, grant, scope };
}

/** Whether an override holds at `now`. */
export function isInForce(override: Pick<OverrideFacts, 'startsAt' | 'expiresAt'>, now: Date): boolean {
  return (override.startsAt === null || override.startsAt <= now) && !isOver(override, now);
}

const isOver = ({ expiresAt }: Pick<OverrideFacts, 'expiresAt'>, now: Date): boolean =>
  expiresAt !== null && expiresAt <= now;
