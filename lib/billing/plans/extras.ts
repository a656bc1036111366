import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOnFeatures, addOns, creditPackages } from '@/db/schema';

export type AddOnProduct = typeof addOns.$inferSelect & {
  features: { featureCode: string; amount: number }[];
};
export type CreditPackage = typeof creditPackages.$inferSelect;

/** What is sold beside plans. */
export type Extras = { add_on: AddOnProduct; credit_package: CreditPackage };
export type ExtraKind = keyof Extras;

/** One kind of them, as a platform sells it; `all`: what is off the shelf too. */
export async function listExtras(
  db: Db,
  kind: ExtraKind,
  platformId: string,
  filter: { all?: boolean } = {},
): Promise<Extras[ExtraKind][]> {
  return kind === 'add_on'
    ? listAddOnProducts(db, platformId, filter)
    : listCreditPackages(db, platformId, filter);
}

/** The add-ons a platform sells, with what each adds to a limit. */
export async function listAddOnProducts(
  db: Db,
  platformId: string,
  filter: { all?: boolean } = {},
): Promise<AddOnProduct[]> {
  const rows = await db
    .select()
    .from(addOns)
    .where(and(eq(addOns.platformId, platformId), filter.all ? undefined : eq(addOns.isActive, true)))
    .orderBy(asc(addOns.displayOrder), asc(addOns.code));
  if (rows.length === 0) return [];
  const features = await db
    .select()
    .from(addOnFeatures)
    .where(
      inArray(
        addOnFeatures.addOnId,
        rows.map((row) => row.id),
      ),
    );
  return rows.map((row) => ({ ...row, features: features.filter((feature) => feature.addOnId === row.id) }));
}

/** The credit packages a platform sells. */
export async function listCreditPackages(
  db: Db,
  platformId: string,
  filter: { all?: boolean } = {},
): Promise<CreditPackage[]> {
  return db
    .select()
    .from(creditPackages)
    .where(
      and(
        eq(creditPackages.platformId, platformId),
        filter.all ? undefined : eq(creditPackages.isActive, true),
      ),
    )
    .orderBy(asc(creditPackages.displayOrder), asc(creditPackages.code));
}
