import { type CurrentSubscription, listCurrentSubscriptions } from '@/lib/billing/account/subscription';
import { listEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { features } from '@/lib/features';
import { merchantContext } from '../context';

/** What a merchant has on each of its platforms: two statements, however many there are. */
export async function loadPlans(merchantId: string) {
  const { db, platforms, now } = await merchantContext(merchantId);
  const [rows, entitlements] = await Promise.all([
    listCurrentSubscriptions(db, merchantId),
    listEntitlements(
      db,
      platforms.map((platform) => ({ merchantId, platformId: platform.id })),
      features,
      now,
    ),
  ]);
  const current = new Map<string, CurrentSubscription>(
    rows.map((row) => [row.platformId, { ...row, pendingTier: null }]),
  );
  return { current, entitlements };
}
