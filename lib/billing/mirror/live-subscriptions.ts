import { and, eq, isNotNull, isNull, notInArray } from 'drizzle-orm';
import { union } from 'drizzle-orm/pg-core';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { storeAddOns, subscriptions } from '@/db/schema';
import type { Act } from '@/lib/billing/audit';
import { settle } from './settle';
import { subscriptionMirror } from './subscription';
import { FINAL } from './subscription-next';

/**
 * Brings a merchant's plans and add-ons that live at Stripe to what it says now: what their customer's discount changes of
 * them rings for the customer alone. Convergent. Answers how many. @throws as `settle`
 */
export async function syncLiveSubscriptions(
  db: Db,
  stripe: Stripe,
  merchantId: string,
  context: Act,
): Promise<number> {
  const live = await union(
    db
      .select({ id: subscriptions.stripeSubscriptionId })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, merchantId),
          isNotNull(subscriptions.stripeSubscriptionId),
          notInArray(subscriptions.status, FINAL),
        ),
      ),
    db
      .select({ id: storeAddOns.stripeSubscriptionId })
      .from(storeAddOns)
      .where(and(eq(storeAddOns.merchantId, merchantId), isNull(storeAddOns.endedAt))),
  );
  for (const { id } of live) if (id) await settle(db, stripe, subscriptionMirror, id, context);
  return live.length;
}
