import type { Db } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { resolveGrant } from '@/lib/billing/entitlements/grant';
import { isObserved } from '@/lib/billing/entitlements/observe';
import { loadUnlocks } from '@/lib/billing/entitlements/unlocks';
import { FeatureNotInPlan, LimitReached } from '@/lib/billing/errors';
import { type Feature, type Flag, MAX_QUANTITY, type Metered } from '@/lib/billing/features';
import { invalid } from '@/lib/errors';

/** The refusal of `quantity` more units with its facts; null when there is room (unless `always`). */
export async function explainRefusal(
  db: Db,
  account: Account,
  feature: Metered,
  quantity: number,
  now: Date,
  always = false,
): Promise<FeatureNotInPlan | LimitReached | null> {
  const facts = await loadEntitlementFacts(db, account, now);
  const { grant } = resolveGrant(facts, feature, now);
  const current = facts.used[feature.code]?.total ?? 0;
  const fits = grant.enabled && (grant.limit === null || current + quantity <= grant.limit);
  if (fits && !always) return null;
  const unlock = await loadUnlocks(db, facts, feature, quantity, now);
  const details = { feature: feature.code, limit: grant.limit, current, requested: quantity, unlock };
  return grant.enabled ? new LimitReached(details) : new FeatureNotInPlan(details);
}

/**
 * What `consume` would answer, without taking anything: the refusal, or null. For display: only `consume` decides.
 */
export async function checkRoom(
  db: Db,
  account: Account,
  feature: Metered,
  quantity: number,
  now: Date,
): Promise<FeatureNotInPlan | LimitReached | null> {
  checkQuantity(quantity);
  const refusal = await explainRefusal(db, account, feature, quantity, now);
  return refusal && !(await isObserved(db, account.platformId, feature.code)) ? refusal : null;
}

/** Lets pass whoever's plan has a flag. @throws FeatureNotInPlan (402), NotFound */
export async function requireFeature(db: Db, account: Account, feature: Flag, now: Date): Promise<void> {
  const refusal = await checkFlag(db, account, feature, now);
  if (refusal) throw refusal;
}

/** The refusal that `requireFeature` would throw, or null. */
export async function checkFlag(
  db: Db,
  account: Account,
  feature: Extract<Feature, { kind: 'flag' }>,
  now: Date,
): Promise<FeatureNotInPlan | null> {
  const facts = await loadEntitlementFacts(db, account, now);
  if (resolveGrant(facts, feature, now).grant.enabled) return null;
  const unlock = await loadUnlocks(db, facts, feature, 1, now);
  return new FeatureNotInPlan({ feature: feature.code, limit: 0, current: 0, requested: 1, unlock });
}

/** @throws ValidationFailed on `quantity` */
export function checkQuantity(quantity: number): void {
  if (!Number.isInteger(quantity)) throw invalid('quantity', 'integer', 'must be a whole number');
  if (quantity < 1) throw invalid('quantity', 'number_too_small', 'must be at least 1');
  if (quantity > MAX_QUANTITY) {
    throw invalid('quantity', 'number_too_big', `must be at most ${MAX_QUANTITY}`);
  }
}
