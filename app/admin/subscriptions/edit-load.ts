import { and, eq } from 'drizzle-orm';
import { merchants, platforms, subscriptions } from '@/db/schema';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { listOverrides } from '@/lib/billing/entitlements/overrides';
import { listTiers } from '@/lib/billing/plans/tiers';
import { staffContext } from '../context';

export type SubscriptionEdit = NonNullable<Awaited<ReturnType<typeof loadEdit>>>;

/** What the edit dialog of one subscription shows; null when it is not, or no longer, a current one. */
export async function loadEdit(subscriptionId: string) {
  const { db, now } = await staffContext();
  const [place] = await db
    .select({ merchant: merchants, platform: platforms })
    .from(subscriptions)
    .innerJoin(merchants, eq(merchants.id, subscriptions.merchantId))
    .innerJoin(platforms, eq(platforms.id, subscriptions.platformId))
    .where(and(eq(subscriptions.id, subscriptionId), eq(subscriptions.isCurrent, true)));
  if (!place) return null;
  const account = { merchantId: place.merchant.id, platformId: place.platform.id };
  const [subscription, tiers, overrides] = await Promise.all([
    findCurrentSubscription(db, account),
    listTiers(db, place.platform.id),
    listOverrides(db, account),
  ]);
  if (!subscription) return null;
  return { ...place, account, subscription, lives: livesAtStripe(subscription), tiers, overrides, now };
}
