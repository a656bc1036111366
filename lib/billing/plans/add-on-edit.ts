import { and, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { addOnFeatures, addOns, storeAddOns, tiers } from '@/db/schema';
import { changedFields, recordAudit } from '@/lib/billing/audit';
import { AddOnNotFound } from '@/lib/billing/errors';
import type { Feature } from '@/lib/billing/features';
import type { FieldProblem } from '@/lib/errors';
import {
  type AddOnInput,
  CodeTaken,
  checkPriced,
  extraFacts,
  InUse,
  isBeingBought,
  refuseStale,
} from './extras-edit';
import { retireProduct } from './retire-product';
import { type EditContext, lockPlatform, which } from './tier-edit';
import { platformCode } from './tiers';

/**
 * Makes an add-on, or changes the one of that id (its code stays). Push to Stripe afterwards: who has it keeps the price it
 * was bought for. What changes nothing leaves no trace.
 * @throws CodeTaken, AddOnNotFound, EditConflict, ValidationFailed
 */
export async function saveAddOn(
  db: Db,
  platformId: string,
  input: AddOnInput,
  features: readonly Feature[],
  context: EditContext,
  id?: string,
): Promise<string> {
  checkPriced(input, checkAdds(input, features));
  const { features: wanted, revision, ...row } = input;
  return db.transaction(async (tx) => {
    const [before] = id
      ? await tx
          .select()
          .from(addOns)
          .where(and(eq(addOns.id, id), eq(addOns.platformId, platformId)))
          .for('update')
      : [];
    if (id && !before) throw new AddOnNotFound(id);
    refuseStale(before, input);
    const key = before?.id ?? newId('aon');
    const had = await tx.select().from(addOnFeatures).where(eq(addOnFeatures.addOnId, key));
    const platform = await platformCode(tx, platformId);
    const changed = changedFields(
      before ? extraFacts(platform, before, { adds: addsInWords(had) }) : null,
      extraFacts(platform, row, { adds: addsInWords(wanted) }),
    );
    if (!changed) return key;
    if (before)
      await tx
        .update(addOns)
        .set({ ...row, revision: before.revision + 1 })
        .where(eq(addOns.id, key));
    else {
      // A tier of the code would have the same lookup keys: `isAddOnCode` asks the other way round.
      await lockPlatform(tx, platformId);
      const [tier] = await tx
        .select({ id: tiers.id })
        .from(tiers)
        .where(and(eq(tiers.platformId, platformId), eq(tiers.code, input.code)));
      if (tier) throw new CodeTaken(input.code);
      const [made] = await tx
        .insert(addOns)
        .values({ id: key, platformId, ...row })
        .onConflictDoNothing({ target: [addOns.platformId, addOns.code] })
        .returning({ id: addOns.id });
      if (!made) throw new CodeTaken(input.code);
    }
    await tx.delete(addOnFeatures).where(eq(addOnFeatures.addOnId, key));
    if (wanted.length > 0) {
      await tx.insert(addOnFeatures).values(wanted.map((one) => ({ addOnId: key, ...one })));
    }
    await recordAudit(tx, context.actor, context.now, {
      action: before ? 'add_on_product.updated' : 'add_on_product.created',
      entity: 'add_on_product',
      entityId: key,
      platformId,
      ...(before ? which(input.code, platform, changed) : changed),
    });
    return key;
  });
}

/**
 * Deletes an add-on that nobody ever bought or is buying; the next push archives its Stripe product.
 * @throws AddOnNotFound, InUse, EditConflict for a `revision` that is not current
 */
export async function deleteAddOn(
  db: Db,
  platformId: string,
  id: string,
  context: EditContext & { revision?: number },
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(addOns)
      .where(and(eq(addOns.id, id), eq(addOns.platformId, platformId)))
      .for('update');
    if (!row) throw new AddOnNotFound(id);
    refuseStale(row, { ...context, code: row.code });
    const [bought] = await tx
      .select({ id: storeAddOns.id })
      .from(storeAddOns)
      .where(eq(storeAddOns.addOnId, id))
      .limit(1);
    if (bought || (await isBeingBought(tx, 'add_on', row))) throw new InUse(row.code);
    const adds = await tx.select().from(addOnFeatures).where(eq(addOnFeatures.addOnId, id));
    await tx.delete(addOns).where(eq(addOns.id, id));
    await retireProduct(tx, 'add_on', row);
    await recordAudit(tx, context.actor, context.now, {
      action: 'add_on_product.deleted',
      entity: 'add_on_product',
      entityId: id,
      platformId,
      before: extraFacts(await platformCode(tx, platformId), row, { adds: addsInWords(adds) }),
    });
  });
}

function checkAdds(input: AddOnInput, features: readonly Feature[]): FieldProblem[] {
  return input.features.flatMap((row, i) => {
    const feature = features.find((one) => one.code === row.featureCode);
    const path = `features[${i}].featureCode`;
    if (!feature || feature.kind === 'flag')
      return [{ path, rule: 'unknown_feature', message: 'is not a counted feature' }];
    if (input.features.findIndex((one) => one.featureCode === row.featureCode) < i)
      return [{ path, rule: 'repeated', message: 'is named twice' }];
    return [];
  });
}

const addsInWords = (rows: { featureCode: string; amount: number }[]) =>
  rows
    .map((row) => `${row.featureCode} +${row.amount}`)
    .sort()
    .join(', ');
