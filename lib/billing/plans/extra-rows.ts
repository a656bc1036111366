import { and, eq, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOnFeatures, addOns, checkoutSessions, creditPackages, tiers } from '@/db/schema';
import { changedFields, record } from '@/lib/billing/audit';
import { AddOnNotFound, EditConflict, PackageNotFound } from '@/lib/billing/errors';
import { type ExtraKind, type Extras, listExtras } from '@/lib/billing/plans/extras';
import { type EditContext, lockPlatform, which } from '@/lib/billing/plans/tier-rows';
import { platformCode } from '@/lib/billing/plans/tiers';
import { refusal, ValidationFailed } from '@/lib/errors';
import { writePrice } from '@/lib/money';
import type { ExtraInput } from './extra-input';

/** 409: the platform has one of that code. */
export const CodeTaken = refusal('conflict', 'code_taken', (taken: string) => ({
  field: 'code',
  code: taken,
}));

/** 409: it was bought, or is being bought: it can only be made inactive. */
export const InUse = refusal('conflict', 'in_use', (code: string) => ({ code }));

/** What the two kinds differ in, beside their columns. */
export const extraKinds = {
  add_on: { table: addOns, id: 'aon', entity: 'add_on_product', checkout: 'add_on', NotFound: AddOnNotFound },
  credit_package: {
    table: creditPackages,
    id: 'cpk',
    entity: 'credit_package',
    checkout: 'credits',
    NotFound: PackageNotFound,
  },
} as const;

/** Which one, of which kind and platform. */
export type Named = { kind: ExtraKind; platformId: string; id: string };

/** It as it stands, locked until the transaction ends. @throws AddOnNotFound, PackageNotFound */
export async function lockExtra(tx: Tx, { kind, platformId, id }: Named): Promise<Extras[ExtraKind]> {
  const { table, NotFound } = extraKinds[kind];
  await tx
    .select({ id: table.id })
    .from(table)
    .where(and(eq(table.id, id), eq(table.platformId, platformId)))
    .for('update');
  const row = (await listExtras(tx, kind, platformId, { all: true })).find((one) => one.id === id);
  if (!row) throw new NotFound(id);
  return row;
}

/** Writes down what differs from what stood, with its audit row. */
export async function writeExtra(
  tx: Tx,
  { kind, platformId }: Omit<Named, 'id'>,
  before: Extras[ExtraKind] | null,
  input: ExtraInput,
  context: EditContext,
): Promise<string> {
  const { table, entity, id: prefix } = extraKinds[kind];
  const key = before?.id ?? newId(prefix);
  const platform = await platformCode(tx, platformId);
  const changed = changedFields(before && extraFacts(platform, before), extraFacts(platform, input));
  if (!changed) return key;
  // Of either kind: drizzle writes the columns that the table has.
  const either: PgTable = table;
  if (before) {
    const row = { ...input, revision: before.revision + 1 };
    await tx.update(either).set(row).where(eq(table.id, key));
  } else {
    if (kind === 'add_on') await refuseTierCode(tx, platformId, input.code);
    const [made] = await tx
      .insert(either)
      .values({ ...input, revision: 1, id: key, platformId })
      .onConflictDoNothing({ target: [table.platformId, table.code] })
      .returning({ id: table.id });
    if (!made) throw new CodeTaken(input.code);
  }
  if ('features' in input) {
    await tx.delete(addOnFeatures).where(eq(addOnFeatures.addOnId, key));
    const adds = input.features.map(({ featureCode, amount }) => ({ addOnId: key, featureCode, amount }));
    if (adds.length > 0) await tx.insert(addOnFeatures).values(adds);
  }
  const action = `${entity}.${before ? 'updated' : 'created'}`;
  const said = before ? which(input.code, platform, changed) : changed;
  await record(tx, context, action, { id: key, platformId }, said);
  return key;
}

/** A tier of the code would have the same lookup keys: `isAddOnCode` asks the other way round. @throws CodeTaken */
async function refuseTierCode(tx: Tx, platformId: string, code: string): Promise<void> {
  await lockPlatform(tx, platformId);
  const [tier] = await tx
    .select({ id: tiers.id })
    .from(tiers)
    .where(and(eq(tiers.platformId, platformId), eq(tiers.code, code)));
  if (tier) throw new CodeTaken(code);
}

/**
 * A change of what is there has to know it as it is, and leaves its code: sales, lookup keys and the API go by it.
 * @throws EditConflict, ValidationFailed
 */
export function refuseStale(
  before: { revision: number; code: string },
  input: { revision?: number; code: string },
): void {
  if (input.revision !== undefined && input.revision !== before.revision)
    throw new EditConflict(before.revision);
  if (input.code !== before.code)
    throw new ValidationFailed([{ path: 'code', rule: 'unchangeable', message: 'cannot be changed' }]);
}

/** Whether somebody has a checkout open for it; a choice begins with the code. */
export async function isBeingBought(
  tx: Tx,
  kind: ExtraKind,
  row: { platformId: string; code: string },
): Promise<boolean> {
  const [open] = await tx
    .select({ id: checkoutSessions.id })
    .from(checkoutSessions)
    .where(
      and(
        eq(checkoutSessions.platformId, row.platformId),
        eq(checkoutSessions.status, 'open'),
        eq(checkoutSessions.kind, extraKinds[kind].checkout),
        sql`split_part(split_part(${checkoutSessions.choice}, '@', 1), ':', 1) = ${row.code}`,
      ),
    )
    .limit(1);
  return open !== undefined;
}

/** What the audit trail shows of one. */
export function extraFacts(platform: string, row: ExtraInput): Record<string, unknown> {
  const { code, name, currency, unitAmount, isActive, displayOrder } = row;
  const price = `${writePrice(unitAmount, currency)} ${currency}`;
  const facts = { code, platform, name, price, isActive, displayOrder };
  if ('credits' in row) return { ...facts, credits: row.credits };
  const { description, category, interval, features } = row;
  const adds = features
    .map((one) => `${one.featureCode} +${one.amount}`)
    .sort()
    .join(', ');
  return { ...facts, description, category, price: `${price} / ${interval}`, adds };
}
