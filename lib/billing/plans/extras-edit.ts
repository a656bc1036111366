import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { record } from '@/lib/billing/audit';
import type { Feature } from '@/lib/billing/features';
import { listBoughtExtras } from '@/lib/billing/plans/in-use';
import { retireProduct } from '@/lib/billing/plans/retire-product';
import type { EditContext } from '@/lib/billing/plans/tier-rows';
import { platformCode } from '@/lib/billing/plans/tiers';
import { checkExtra, type ExtraInput } from './extra-input';
import {
  extraFacts,
  extraKinds,
  InUse,
  isBeingBought,
  lockExtra,
  type Named,
  refuseStale,
  writeExtra,
} from './extra-rows';

type Edit = EditContext & { revision?: number };

/**
 * Makes an add-on or a credit package, or changes the one of that id (its code stays). Push to Stripe afterwards: who has
 * an add-on keeps the price it was bought for, and what was bought its credits. What changes nothing leaves no trace.
 * @throws CodeTaken, AddOnNotFound, PackageNotFound, EditConflict, ValidationFailed
 */
export async function saveExtra(
  db: Db,
  { kind, platformId, id }: Omit<Named, 'id'> & { id?: string },
  input: ExtraInput,
  features: readonly Feature[],
  context: EditContext,
): Promise<string> {
  checkExtra(input, features);
  return db.transaction(async (tx) => {
    const before = id ? await lockExtra(tx, { kind, platformId, id }) : null;
    if (before) refuseStale(before, input);
    return writeExtra(tx, { kind, platformId }, before, input, context);
  });
}

/**
 * Takes one off the shelf or puts it back; who has it keeps it. Answers its name.
 * @throws AddOnNotFound, PackageNotFound, EditConflict for a `revision` that is not current
 */
export async function setExtraActive(
  db: Db,
  named: Named,
  isActive: boolean,
  context: Edit,
): Promise<string> {
  return db.transaction(async (tx) => {
    const before = await lockExtra(tx, named);
    refuseStale(before, { ...context, code: before.code });
    await writeExtra(tx, named, before, { ...before, isActive }, context);
    return before.name;
  });
}

/**
 * Deletes one that nobody ever bought or is buying; the next push archives its Stripe product.
 * @throws AddOnNotFound, PackageNotFound, InUse, EditConflict for a `revision` that is not current
 */
export async function deleteExtra(db: Db, named: Named, context: Edit): Promise<void> {
  const { kind, platformId, id } = named;
  const { table, entity } = extraKinds[kind];
  await db.transaction(async (tx) => {
    const row = await lockExtra(tx, named);
    refuseStale(row, { ...context, code: row.code });
    const bought = await listBoughtExtras(tx, kind, platformId, id);
    if (bought.has(id) || (await isBeingBought(tx, kind, row))) throw new InUse(row.code);
    await tx.delete(table).where(eq(table.id, id));
    await retireProduct(tx, kind, row);
    const before = extraFacts(await platformCode(tx, platformId), row);
    await record(tx, context, `${entity}.deleted`, { id, platformId }, { before });
  });
}
