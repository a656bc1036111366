import { eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { type invoices, platforms, storeAddOns, subscriptions } from '@/db/schema';
import { Unrecognised } from '@/lib/billing/mirror/customer-lock';
import { recogniseItems } from '@/lib/billing/mirror/items';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';

export type InvoiceRow = typeof invoices.$inferSelect;

export type BilledFor = Pick<InvoiceRow, 'platformId' | 'kind'>;

/**
 * Which platform an invoice is of and what for: its subscription's row, else our marks on it, else what its lines sell.
 * Null for a one-off bill that says nothing of us (stripe.md 24); one of a subscription must be placed.
 */
export async function findBilledFor(
  tx: Tx,
  merchantId: string,
  snapshot: InvoiceSnapshot,
): Promise<BilledFor | null> {
  if (snapshot.subscriptionId) {
    const [plan] = await tx
      .select({ platformId: subscriptions.platformId })
      .from(subscriptions)
      .where(eq(subscriptions.stripeSubscriptionId, snapshot.subscriptionId));
    if (plan) return { platformId: plan.platformId, kind: 'plan' };
    const [addOn] = await tx
      .select({ platformId: storeAddOns.platformId })
      .from(storeAddOns)
      .where(eq(storeAddOns.stripeSubscriptionId, snapshot.subscriptionId))
      .limit(1);
    if (addOn) return { platformId: addOn.platformId, kind: 'add_on' };
  }
  if (snapshot.marks) {
    const [platform] = await tx
      .select({ id: platforms.id })
      .from(platforms)
      .where(
        sql`${platforms.id} = ${snapshot.marks.platform} or ${platforms.code} = ${snapshot.marks.platform}`,
      );
    if (platform) return { platformId: platform.id, kind: snapshot.marks.kind };
  }
  const sold = await recogniseItems(
    tx,
    snapshot.lines.flatMap((line) => (line.priceId ? [{ priceId: line.priceId }] : [])),
  );
  const plan = sold.plans[0];
  if (plan) return { platformId: plan.platformId, kind: 'plan' };
  const addOn = sold.addOns[0];
  if (addOn) return { platformId: addOn.platformId, kind: 'add_on' };
  if (!snapshot.subscriptionId) return null;
  throw new Unrecognised('unmapped_price', {
    invoice: snapshot.id,
    merchant: merchantId,
    prices: sold.unmapped.map((line) => line.priceId),
  });
}
