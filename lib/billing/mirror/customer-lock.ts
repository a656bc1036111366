import { eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { customers, type KeptDiscount, merchants } from '@/db/schema';
import { DomainError } from '@/lib/errors';

/** A Stripe object that names something we do not recognise. The event waits as failed and says so; replay once mended. */
export class Unrecognised extends DomainError {
  constructor(
    code: 'unmapped_price' | 'unknown_status' | 'unknown_platform' | 'customer_mismatch',
    details: Record<string, unknown>,
  ) {
    super('conflict', code, details);
  }
}

/**
 * Takes the lock that orders everything Stripe says about one customer, and tells whose it is. A customer that no row
 * knows is bound to the merchant its object names (whoever comes first binds, stripe.md 30), also in the place of one
 * that was deleted; null = not ours, or of a merchant that is closed. `ownerOf` names the merchant of an object that we have: it stays the merchant's,
 * whatever customer came after.
 */
export async function lockCustomer(
  tx: Tx,
  stripeCustomerId: string,
  merchantId: string | undefined,
  ownerOf?: () => Promise<string | null>,
): Promise<string | null> {
  const [known] = await tx
    .select({ merchantId: customers.merchantId })
    .from(customers)
    .where(eq(customers.stripeCustomerId, stripeCustomerId))
    .for('no key update');
  if (known) return known.merchantId;
  const owner = (await ownerOf?.()) ?? null;
  if (owner) {
    await tx
      .select({ one: sql`1` })
      .from(customers)
      .where(eq(customers.merchantId, owner))
      .for('no key update');
    return owner;
  }
  if (!merchantId) return null;
  const [named] = await tx
    .select()
    .from(customers)
    .where(eq(customers.merchantId, merchantId))
    .for('no key update');
  if (!named || (await isClosed(tx, merchantId))) return null;
  const taken = named.stripeCustomerId !== null && named.stripeCustomerId !== stripeCustomerId;
  if (taken && !named.deletedAtStripe) {
    throw new Unrecognised('customer_mismatch', { customer: stripeCustomerId, merchant: merchantId });
  }
  await tx
    .update(customers)
    .set({ stripeCustomerId, deletedAtStripe: null })
    .where(eq(customers.merchantId, merchantId));
  return merchantId;
}

/** What is taken off the invoices of a merchant's subscriptions without a discount of their own. */
export async function findDiscount(tx: Tx, merchantId: string): Promise<KeptDiscount | null> {
  const [row] = await tx
    .select({ discount: customers.discount })
    .from(customers)
    .where(eq(customers.merchantId, merchantId));
  return row?.discount ?? null;
}

async function isClosed(tx: Tx, merchantId: string): Promise<boolean> {
  const [row] = await tx
    .select({ closedAt: merchants.closedAt })
    .from(merchants)
    .where(eq(merchants.id, merchantId));
  return row?.closedAt != null;
}
