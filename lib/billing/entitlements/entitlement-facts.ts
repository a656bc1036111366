import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { type FeatureSummary, resolveFeature } from '@/lib/billing/entitlements/entitlements';
import type { EntitlementFacts } from '@/lib/billing/entitlements/grant';
import {
  resolveStanding,
  type SubscriptionStatus,
  type TierFacts,
} from '@/lib/billing/entitlements/standing';
import type { Feature, Period } from '@/lib/billing/features';
import { NotFound } from '@/lib/errors';
import { listEntitlementFacts } from './fact-rows';

export type Entitlements = {
  status: SubscriptionStatus;
  /** The tier that counts; null = nothing does. */
  tier: TierFacts | null;
  period: Period;
  features: FeatureSummary[];
};

/**
 * The answer for an account: every feature but grants, with what is used now. One statement.
 * @throws NotFound for an unknown merchant or platform
 */
export async function getEntitlements(
  db: Db,
  account: Account,
  features: readonly Feature[],
  now: Date,
): Promise<Entitlements> {
  return toEntitlements(await loadEntitlementFacts(db, account, now), features, now);
}

/** The same for many accounts in one statement, by `accountKey`; unknown ones are left out. */
export async function listEntitlements(
  db: Db,
  accounts: Account[],
  features: readonly Feature[],
  now: Date,
): Promise<Map<string, Entitlements>> {
  const all = await listEntitlementFacts(db, accounts, now);
  return new Map([...all].map(([key, facts]) => [key, toEntitlements(facts, features, now)]));
}

/** Resolves every feature but grants. */
export function toEntitlements(
  facts: EntitlementFacts,
  features: readonly Feature[],
  now: Date,
): Entitlements {
  const { status, tier } = resolveStanding(facts, now);
  const shown = features.filter((feature) => feature.kind !== 'grant');
  return {
    status,
    tier,
    period: facts.month,
    features: shown.map((feature) => resolveFeature(facts, feature, now)),
  };
}

/** What decides an account's entitlements; the platform by id or code. One statement. @throws NotFound */
export async function loadEntitlementFacts(db: Db, account: Account, now: Date): Promise<EntitlementFacts> {
  const [facts] = (await listEntitlementFacts(db, [account], now)).values();
  if (facts) return facts;
  const [known] = await db.execute<{ merchant: boolean }>(
    sql`select exists (select from merchants where id = ${account.merchantId}) as merchant`,
  );
  throw known?.merchant
    ? new NotFound('platform', account.platformId)
    : new NotFound('merchant', account.merchantId);
}
