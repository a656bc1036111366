import { and, eq } from 'drizzle-orm';
import { subscriptions, tiers } from '@/db/schema';
import type { CurrentSubscription } from '@/lib/billing/account/subscription';
import { listEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { features } from '@/lib/features';
import { merchantContext } from '../context';

/** What a merchant has on each of its platforms: two statements, however many there are. */
export async function loadPlans(merchantId: string) {
  const { db, platforms, now } = await merchantContext(merchantId);
  const [rows, entitlements] = await Promise.all([
    db
      .select({ subscription: subscriptions, tier: tiers })
      .from(subscriptions)
      .innerJoin(tiers, eq(tiers.id, subscriptions.tierId))
      .where(and(eq(subscriptions.merchantId, merchantId), eq(subscriptions.isCurrent, true))),
    listEntitlements(
      db,
      platforms.map((platform) => ({ merchantId, platformId: platform.id })),
      features,
      now,
    ),
  ]);
  const current = new Map<string, CurrentSubscription>(
    rows.map(({ subscription, tier }) => [
      subscription.platformId,
      { ...subscription, tier, pendingTier: null },
    ]),
  );
  return { current, entitlements };
}
