import { eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { addOns, creditPackages, retiredProducts, tiers } from '@/db/schema';
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

/** A Stripe product means one thing only. @throws ValidationFailed naming `stripe_product_id` */
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
    throw invalid('stripe_product_id', 'stripe_id_taken', 'is the product of something else');
}
