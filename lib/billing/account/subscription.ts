import { and, eq, getTableColumns } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { merchants, platforms, subscriptions, tiers } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import type { TierRow } from '@/lib/billing/plans/tiers';
import { LIVE } from '@/lib/billing/statuses';

export type SubscriptionRow = typeof subscriptions.$inferSelect;

/** The subscription that counts for an account, with its tier; null for a pair that never had one. */
export type CurrentSubscription = SubscriptionRow & {
  tier: TierRow;
  pendingTier: { code: string; name: string } | null;
};

/** Reads the current subscription of an account. One statement. */
export async function findCurrentSubscription(db: Db, account: Account): Promise<CurrentSubscription | null> {
  const pending = db
    .$with('pending')
    .as(db.select({ id: tiers.id, code: tiers.code, name: tiers.name }).from(tiers));
  const [row] = await db
    .with(pending)
    .select({
      subscription: subscriptions,
      tier: tiers,
      pendingTier: { code: pending.code, name: pending.name },
    })
    .from(subscriptions)
    .innerJoin(tiers, eq(tiers.id, subscriptions.tierId))
    .leftJoin(pending, eq(pending.id, subscriptions.pendingTierId))
    .where(and(ofAccount(subscriptions, account), eq(subscriptions.isCurrent, true)));
  return row ? { ...row.subscription, tier: row.tier, pendingTier: row.pendingTier } : null;
}

/** The current subscriptions of a merchant with their tiers, one per platform. */
export const listCurrentSubscriptions = (db: Db, merchantId: string) =>
  db
    .select({ ...getTableColumns(subscriptions), tier: tiers })
    .from(subscriptions)
    .innerJoin(tiers, eq(tiers.id, subscriptions.tierId))
    .where(and(eq(subscriptions.merchantId, merchantId), eq(subscriptions.isCurrent, true)));

/** Whose subscription it is, and on which platform; null when it is not, or no longer, a current one. */
export async function findHolder(db: Db, subscriptionId: string) {
  const [row] = await db
    .select({ merchant: merchants, platform: platforms })
    .from(subscriptions)
    .innerJoin(merchants, eq(merchants.id, subscriptions.merchantId))
    .innerJoin(platforms, eq(platforms.id, subscriptions.platformId))
    .where(and(eq(subscriptions.id, subscriptionId), eq(subscriptions.isCurrent, true)));
  return row ?? null;
}

/** True when Stripe has it and it lives, paid or not: then a second base subscription may not be bought. */
export function livesAtStripe(row: Pick<SubscriptionRow, 'stripeSubscriptionId' | 'status'> | null): boolean {
  return row?.stripeSubscriptionId != null && LIVE.includes(row.status);
}

/** True while the local trial runs. */
export function isLocalTrial(
  row: Pick<SubscriptionRow, 'stripeSubscriptionId' | 'status' | 'trialEnd'> | null,
  now: Date,
): boolean {
  return (
    row !== null &&
    row.stripeSubscriptionId === null &&
    row.status === 'trialing' &&
    row.trialEnd !== null &&
    row.trialEnd > now
  );
}
