import { and, eq, isNotNull, isNull, not, or, type SQLWrapper, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { addOns, creditPackages, retiredProducts, subscriptions, tierPrices, tiers } from '@/db/schema';
import { invalid } from '@/lib/errors';

/**
 * Remembers the Stripe product of what is being deleted, in the transaction of the deletion, so that the next push archives
 * it there. Nothing to do for what was never pushed.
 */
export async function retireProduct(
  tx: Tx,
  entity: typeof retiredProducts.$inferSelect.entity,
  row: { id: string; platformId: string; code: string; name: string; stripeProductId: string | null },
): Promise<void> {
  const { stripeProductId, id: entityId, platformId, code, name } = row;
  if (!stripeProductId) return;
  const facts = { entity, entityId, platformId, code, name };
  await tx
    .insert(retiredProducts)
    .values({ stripeProductId, ...facts })
    .onConflictDoUpdate({
      target: retiredProducts.stripeProductId,
      set: { ...facts, stripeArchivedAt: null },
    });
}

/** A Stripe product means one thing only. @throws ValidationFailed naming `stripeProductId` */
export async function refuseTakenProduct(db: Db, productId: string, tierId: string): Promise<void> {
  const [found] = await db
    .select({ id: tiers.id })
    .from(tiers)
    .where(eq(tiers.stripeProductId, productId))
    .union(db.select({ id: addOns.id }).from(addOns).where(eq(addOns.stripeProductId, productId)))
    .union(
      db
        .select({ id: creditPackages.id })
        .from(creditPackages)
        .where(eq(creditPackages.stripeProductId, productId)),
    )
    .orderBy(sql`1`)
    .limit(1);
  if (found && found.id !== tierId)
    throw invalid('stripeProductId', 'stripe_id_taken', 'is the product of something else');
}

/**
 * A price agreed with one merchant is known by its product only: while somebody pays one, or will, the tier keeps the
 * product. @throws ValidationFailed naming `stripeProductId`
 */
export async function refuseLostPrices(db: Db, tierId: string): Promise<void> {
  const listed = (interval: SQLWrapper, amount: SQLWrapper) => sql`exists (select 1 from ${tierPrices}
    where ${tierPrices.tierId} = ${tierId} and ${tierPrices.currency} = ${subscriptions.currency}
      and ${tierPrices.interval} = ${interval} and ${tierPrices.unitAmount} = ${amount})`;
  const s = subscriptions;
  const [agreed] = await db
    .select({ id: s.id })
    .from(s)
    .where(
      and(
        isNotNull(s.stripeSubscriptionId),
        isNull(s.endedAt),
        or(
          and(eq(s.tierId, tierId), not(listed(s.interval, s.unitAmount))),
          // Without an amount it is a price of the list.
          and(
            eq(s.pendingTierId, tierId),
            isNotNull(s.pendingUnitAmount),
            not(listed(s.pendingInterval, s.pendingUnitAmount)),
          ),
        ),
      ),
    )
    .limit(1);
  if (agreed)
    throw invalid('stripeProductId', 'agreed_on_product', 'is the product of prices that merchants pay');
}
