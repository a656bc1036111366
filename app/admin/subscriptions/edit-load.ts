import { findCurrentSubscription, findHolder, livesAtStripe } from '@/lib/billing/account/subscription';
import { listOverrides } from '@/lib/billing/entitlements/override-lists';
import { listTiers } from '@/lib/billing/plans/tiers';
import { staffContext } from '../context';

export type SubscriptionEdit = NonNullable<Awaited<ReturnType<typeof loadEdit>>>;

/** What the edit dialog of one subscription shows; null when it is not, or no longer, a current one. */
export async function loadEdit(subscriptionId: string) {
  const { db, now } = await staffContext();
  const holder = await findHolder(db, subscriptionId);
  if (!holder) return null;
  const account = { merchantId: holder.merchant.id, platformId: holder.platform.id };
  const [subscription, tiers, overrides] = await Promise.all([
    findCurrentSubscription(db, account),
    listTiers(db, holder.platform.id),
    listOverrides(db, account),
  ]);
  if (!subscription) return null;
  return { ...holder, account, subscription, lives: livesAtStripe(subscription), tiers, overrides, now };
}
