import { and, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { creditLedger, creditPackages } from '@/db/schema';
import { changedFields, recordAudit } from '@/lib/billing/audit';
import { PackageNotFound } from '@/lib/billing/errors';
import {
  CodeTaken,
  type CreditPackageInput,
  checkPriced,
  extraFacts,
  InUse,
  isBeingBought,
  refuseStale,
} from './extras-edit';
import { retireProduct } from './retire-product';
import { type EditContext, which } from './tier-edit';
import { platformCode } from './tiers';

/**
 * Makes a credit package, or changes the one of that id (its code stays). What was bought keeps its credits. What changes
 * nothing leaves no trace. @throws CodeTaken, PackageNotFound, EditConflict, ValidationFailed
 */
export async function saveCreditPackage(
  db: Db,
  platformId: string,
  input: CreditPackageInput,
  context: EditContext,
  id?: string,
): Promise<string> {
  checkPriced(input, []);
  const { revision, ...row } = input;
  return db.transaction(async (tx) => {
    const [before] = id
      ? await tx
          .select()
          .from(creditPackages)
          .where(and(eq(creditPackages.id, id), eq(creditPackages.platformId, platformId)))
          .for('update')
      : [];
    if (id && !before) throw new PackageNotFound(id);
    refuseStale(before, input);
    const key = before?.id ?? newId('cpk');
    const platform = await platformCode(tx, platformId);
    const changed = changedFields(
      before ? extraFacts(platform, before, { credits: before.credits }) : null,
      extraFacts(platform, row, { credits: row.credits }),
    );
    if (!changed) return key;
    if (before)
      await tx
        .update(creditPackages)
        .set({ ...row, revision: before.revision + 1 })
        .where(eq(creditPackages.id, key));
    else {
      const [made] = await tx
        .insert(creditPackages)
        .values({ id: key, platformId, ...row })
        .onConflictDoNothing({ target: [creditPackages.platformId, creditPackages.code] })
        .returning({ id: creditPackages.id });
      if (!made) throw new CodeTaken(input.code);
    }
    await recordAudit(tx, context.actor, context.now, {
      action: before ? 'credit_package.updated' : 'credit_package.created',
      entity: 'credit_package',
      entityId: key,
      platformId,
      ...(before ? which(input.code, platform, changed) : changed),
    });
    return key;
  });
}

/**
 * Deletes a credit package that nobody ever bought or is buying; the next push archives its Stripe product.
 * @throws PackageNotFound, InUse, EditConflict for a `revision` that is not current
 */
export async function deleteCreditPackage(
  db: Db,
  platformId: string,
  id: string,
  context: EditContext & { revision?: number },
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(creditPackages)
      .where(and(eq(creditPackages.id, id), eq(creditPackages.platformId, platformId)))
      .for('update');
    if (!row) throw new PackageNotFound(id);
    refuseStale(row, { ...context, code: row.code });
    const [bought] = await tx
      .select({ id: creditLedger.id })
      .from(creditLedger)
      .where(
        and(
          eq(creditLedger.platformId, platformId),
          eq(creditLedger.kind, 'purchase'),
          eq(creditLedger.reason, row.code),
        ),
      )
      .limit(1);
    if (bought || (await isBeingBought(tx, 'credits', row))) throw new InUse(row.code);
    await tx.delete(creditPackages).where(eq(creditPackages.id, id));
    await retireProduct(tx, 'credit_package', row);
    await recordAudit(tx, context.actor, context.now, {
      action: 'credit_package.deleted',
      entity: 'credit_package',
      entityId: id,
      platformId,
      before: extraFacts(await platformCode(tx, platformId), row, { credits: row.credits }),
    });
  });
}
