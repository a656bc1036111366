import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { addOnFeatures, addOns, creditLedger, creditPackages, storeAddOns } from '@/db/schema';
import { DomainError, invalid } from '@/lib/errors';
import { type Actor, changedFields, recordAudit } from './audit';
import { AddOnNotFound, EditConflict, PackageNotFound } from './errors';
import type { Feature } from './features';

const code = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'lower-case letters, digits, - and _, no spaces');
const common = {
  code,
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'a three-letter currency code'),
  unit_amount: z.number().int().min(0).max(100_000_000),
  is_active: z.boolean().default(true),
  display_order: z.number().int().min(0).max(10_000).default(0),
  revision: z.number().int().optional(),
};

export const addOnInput = z.strictObject({
  ...common,
  description: z.string().trim().max(500).default(''),
  category: z.enum(['domain', 'ssl', 'email', 'other']),
  interval: z.enum(['month', 'year']),
  features: z
    .array(z.strictObject({ feature_code: z.string(), amount: z.number().int().min(1).max(1_000_000) }))
    .default([]),
});
export const creditPackageInput = z.strictObject({
  ...common,
  credits: z.number().int().min(1).max(10_000_000),
});
export type AddOnInput = z.output<typeof addOnInput>;
export type CreditPackageInput = z.output<typeof creditPackageInput>;

/** 409: the platform has one of that code; or it was bought and can only be made inactive. */
export class CodeTaken extends DomainError {
  constructor(taken: string) {
    super('conflict', 'code_taken', { field: 'code', code: taken });
  }
}
export class InUse extends DomainError {
  constructor(what: string) {
    super('conflict', 'in_use', { code: what });
  }
}

type Context = { actor: Actor; now: Date };

/** Makes an add-on, or changes the one of that id. Push to Stripe afterwards. @throws CodeTaken, AddOnNotFound, EditConflict, ValidationFailed */
export async function saveAddOn(
  db: Db,
  platformId: string,
  input: AddOnInput,
  features: readonly Feature[],
  context: Context,
  id?: string,
): Promise<string> {
  for (const [i, row] of input.features.entries()) {
    const feature = features.find((one) => one.code === row.feature_code);
    if (!feature || feature.kind === 'flag')
      throw invalid(`features[${i}].feature_code`, 'unknown_feature', 'is not a counted feature');
  }
  const { features: adds, revision, is_active, unit_amount, display_order, ...plain } = input;
  const row = { ...plain, isActive: is_active, unitAmount: unit_amount, displayOrder: display_order };
  return db.transaction(async (tx) => {
    const [before] = id ? await tx.select().from(addOns).where(eq(addOns.id, id)).for('update') : [];
    if (id && !before) throw new AddOnNotFound(id);
    if (before && revision !== undefined && revision !== before.revision)
      throw new EditConflict(before.revision);
    const key = before?.id ?? newId('aon');
    const [clash] = await tx
      .select({ id: addOns.id })
      .from(addOns)
      .where(
        and(eq(addOns.platformId, platformId), eq(addOns.code, input.code), sql`${addOns.id} <> ${key}`),
      );
    if (clash) throw new CodeTaken(input.code);
    if (before)
      await tx
        .update(addOns)
        .set({ ...row, revision: before.revision + 1 })
        .where(eq(addOns.id, key));
    else await tx.insert(addOns).values({ id: key, platformId, ...row });
    await tx.delete(addOnFeatures).where(eq(addOnFeatures.addOnId, key));
    if (adds.length > 0) {
      await tx
        .insert(addOnFeatures)
        .values(adds.map((one) => ({ addOnId: key, featureCode: one.feature_code, amount: one.amount })));
    }
    const changed = changedFields(before as Record<string, unknown> | undefined, { ...row, adds });
    await recordAudit(tx, context.actor, context.now, {
      action: before ? 'add_on_product.updated' : 'add_on_product.created',
      entity: 'add_on_product',
      entityId: key,
      platformId,
      before: changed?.before ?? null,
      after: changed?.after ?? null,
    });
    return key;
  });
}

/** Makes a credit package, or changes the one of that id. @throws CodeTaken, PackageNotFound, EditConflict */
export async function saveCreditPackage(
  db: Db,
  platformId: string,
  input: CreditPackageInput,
  context: Context,
  id?: string,
): Promise<string> {
  const { revision, is_active, unit_amount, display_order, ...plain } = input;
  const row = { ...plain, isActive: is_active, unitAmount: unit_amount, displayOrder: display_order };
  return db.transaction(async (tx) => {
    const [before] = id
      ? await tx.select().from(creditPackages).where(eq(creditPackages.id, id)).for('update')
      : [];
    if (id && !before) throw new PackageNotFound(id);
    if (before && revision !== undefined && revision !== before.revision)
      throw new EditConflict(before.revision);
    const key = before?.id ?? newId('cpk');
    const [clash] = await tx
      .select({ id: creditPackages.id })
      .from(creditPackages)
      .where(
        and(
          eq(creditPackages.platformId, platformId),
          eq(creditPackages.code, input.code),
          sql`${creditPackages.id} <> ${key}`,
        ),
      );
    if (clash) throw new CodeTaken(input.code);
    if (before)
      await tx
        .update(creditPackages)
        .set({ ...row, revision: before.revision + 1 })
        .where(eq(creditPackages.id, key));
    else await tx.insert(creditPackages).values({ id: key, platformId, ...row });
    const changed = changedFields(before as Record<string, unknown> | undefined, row);
    await recordAudit(tx, context.actor, context.now, {
      action: before ? 'credit_package.updated' : 'credit_package.created',
      entity: 'credit_package',
      entityId: key,
      platformId,
      before: changed?.before ?? null,
      after: changed?.after ?? null,
    });
    return key;
  });
}

/** Deletes an add-on that nobody ever bought. @throws AddOnNotFound, InUse */
export async function deleteAddOn(db: Db, id: string, context: Context): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.select().from(addOns).where(eq(addOns.id, id)).for('update');
    if (!row) throw new AddOnNotFound(id);
    const [used] = await tx
      .select({ id: storeAddOns.id })
      .from(storeAddOns)
      .where(eq(storeAddOns.addOnId, id))
      .limit(1);
    if (used) throw new InUse(row.code);
    await tx.delete(addOns).where(eq(addOns.id, id));
    await recordAudit(tx, context.actor, context.now, {
      action: 'add_on_product.deleted',
      entity: 'add_on_product',
      entityId: id,
      platformId: row.platformId,
      before: row,
    });
  });
}

/** Deletes a credit package that nobody ever bought. @throws PackageNotFound, InUse */
export async function deleteCreditPackage(db: Db, id: string, context: Context): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.select().from(creditPackages).where(eq(creditPackages.id, id)).for('update');
    if (!row) throw new PackageNotFound(id);
    const [used] = await tx
      .select({ id: creditLedger.id })
      .from(creditLedger)
      .where(and(eq(creditLedger.kind, 'purchase'), eq(creditLedger.reason, row.code)))
      .limit(1);
    if (used) throw new InUse(row.code);
    await tx.delete(creditPackages).where(eq(creditPackages.id, id));
    await recordAudit(tx, context.actor, context.now, {
      action: 'credit_package.deleted',
      entity: 'credit_package',
      entityId: id,
      platformId: row.platformId,
      before: row,
    });
  });
}
