import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOns, creditPackages, stripeDifferences, tierPrices, tiers } from '@/db/schema';

const priceShape = z.object({
  id: z.string(),
  active: z.boolean().default(true),
  unit_amount: z.number().nullish(),
  currency: z.string().optional(),
  deleted: z.boolean().optional(),
});
const productShape = z.object({
  id: z.string(),
  active: z.boolean().default(true),
  name: z.string().optional(),
  description: z.string().nullish(),
  deleted: z.boolean().optional(),
});

type Facts = Record<string, unknown>;

/**
 * Compares a price or product that changed at Stripe with the row we sell it by. The catalogue is ours: a difference is
 * recorded for a person (who pushes again or edits the tier) and nothing is taken over. Agreement closes the difference.
 * Returns null when the object is not one of ours.
 */
export async function noteCatalogDrift(
  tx: Tx,
  kind: 'price' | 'product',
  raw: unknown,
  deleted: boolean,
  now: Date,
): Promise<'agrees' | 'differs' | null> {
  return kind === 'price' ? notePrice(tx, raw, deleted, now) : noteProduct(tx, raw, deleted, now);
}

async function notePrice(tx: Tx, raw: unknown, deleted: boolean, now: Date) {
  const price = priceShape.parse(raw);
  const [tierPrice] = await tx
    .select({ row: tierPrices, isSold: tiers.isSelfService })
    .from(tierPrices)
    .innerJoin(tiers, eq(tiers.id, tierPrices.tierId))
    .where(and(eq(tierPrices.stripePriceId, price.id), isNull(tierPrices.archivedAt)));
  const [addOn] = tierPrice ? [] : await tx.select().from(addOns).where(eq(addOns.stripePriceId, price.id));
  const [pack] =
    tierPrice || addOn
      ? []
      : await tx.select().from(creditPackages).where(eq(creditPackages.stripePriceId, price.id));
  const row = tierPrice?.row ?? addOn ?? pack;
  if (!row) return null;
  const entity = tierPrice ? 'tier_price' : addOn ? 'add_on' : 'credit_package';
  // A price that nobody can buy by themselves is archived by the push.
  const local = { active: tierPrice?.isSold ?? true, unit_amount: row.unitAmount, currency: row.currency };
  const stripe = {
    active: price.active && !deleted,
    unit_amount: price.unit_amount ?? null,
    currency: price.currency?.toUpperCase() ?? null,
  };
  return note(tx, { entity, entityId: row.id, kind: 'price_drift' }, local, stripe, now);
}

async function noteProduct(tx: Tx, raw: unknown, deleted: boolean, now: Date) {
  const product = productShape.parse(raw);
  const [tier] = await tx.select().from(tiers).where(eq(tiers.stripeProductId, product.id));
  const [addOn] = tier ? [] : await tx.select().from(addOns).where(eq(addOns.stripeProductId, product.id));
  const [pack] =
    tier || addOn
      ? []
      : await tx.select().from(creditPackages).where(eq(creditPackages.stripeProductId, product.id));
  const row = tier ?? addOn ?? pack;
  if (!row) return null;
  const entity = tier ? 'tier' : addOn ? 'add_on' : 'credit_package';
  const description = tier?.description ?? addOn?.description ?? '';
  const local = { active: row.isActive, name: row.name, description };
  const stripe = {
    active: product.active && !deleted,
    name: product.name ?? row.name,
    description: product.description ?? '',
  };
  return note(tx, { entity, entityId: row.id, kind: 'product_drift' }, local, stripe, now);
}

async function note(
  tx: Tx,
  what: { entity: string; entityId: string; kind: string },
  local: Facts,
  stripe: Facts,
  now: Date,
): Promise<'agrees' | 'differs'> {
  const open = and(
    eq(stripeDifferences.entity, what.entity),
    eq(stripeDifferences.entityId, what.entityId),
    eq(stripeDifferences.kind, what.kind),
    isNull(stripeDifferences.resolvedAt),
  );
  if (JSON.stringify(local) === JSON.stringify(stripe)) {
    await tx.update(stripeDifferences).set({ resolvedAt: now, resolution: 'gone' }).where(open);
    return 'agrees';
  }
  const [known] = await tx.select({ id: stripeDifferences.id }).from(stripeDifferences).where(open);
  if (known)
    await tx.update(stripeDifferences).set({ local, stripe }).where(eq(stripeDifferences.id, known.id));
  else await tx.insert(stripeDifferences).values({ id: newId('dif'), ...what, local, stripe, foundAt: now });
  return 'differs';
}
