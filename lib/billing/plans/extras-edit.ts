import { and, eq, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOnFeatures, addOns, checkoutSessions, creditPackages, tiers } from '@/db/schema';
import { changedFields, record } from '@/lib/billing/audit';
import { AddOnNotFound, EditConflict, PackageNotFound } from '@/lib/billing/errors';
import type { Feature } from '@/lib/billing/features';
import { DomainError, type FieldProblem, ValidationFailed } from '@/lib/errors';
import { decimalsOf, priceProblem, writePrice } from '@/lib/money';
import { type ExtraKind, type Extras, listExtras } from './extras';
import { listBoughtExtras } from './in-use';
import { retireProduct } from './retire-product';
import { type EditContext, lockPlatform, which } from './tier-edit';
import { codeInput } from './tier-input';
import { centsInput } from './tier-prices';
import { platformCode } from './tiers';

const common = {
  code: codeInput,
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'a three-letter currency code'),
  unitAmount: centsInput,
  isActive: z.boolean().default(true),
  displayOrder: z.number().int().min(0).max(10_000).default(0),
  revision: z.number().int().optional(),
};

export const addOnInput = z.strictObject({
  ...common,
  description: z.string().trim().max(500).default(''),
  category: z.enum(['domain', 'ssl', 'email', 'other']),
  interval: z.enum(['month', 'year']),
  features: z
    .array(z.strictObject({ featureCode: z.string(), amount: z.number().int().min(1).max(1_000_000) }))
    .default([]),
});
export const creditPackageInput = z.strictObject({
  ...common,
  credits: z.number().int().min(1).max(10_000_000),
});
export type AddOnInput = z.output<typeof addOnInput>;
export type CreditPackageInput = z.output<typeof creditPackageInput>;

export type ExtraInput = AddOnInput | CreditPackageInput;

/** 409: the platform has one of that code. */
export class CodeTaken extends DomainError {
  constructor(taken: string) {
    super('conflict', 'code_taken', { field: 'code', code: taken });
  }
}

/** 409: it was bought, or is being bought: it can only be made inactive. */
export class InUse extends DomainError {
  constructor(what: string) {
    super('conflict', 'in_use', { code: what });
  }
}

/** What the two kinds differ in, beside their columns. */
const kinds = {
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
type Named = { kind: ExtraKind; platformId: string; id: string };
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
    return write(tx, { kind, platformId }, before, input, context);
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
    await write(tx, named, before, { ...before, isActive }, context);
    return before.name;
  });
}

/**
 * Deletes one that nobody ever bought or is buying; the next push archives its Stripe product.
 * @throws AddOnNotFound, PackageNotFound, InUse, EditConflict for a `revision` that is not current
 */
export async function deleteExtra(db: Db, named: Named, context: Edit): Promise<void> {
  const { kind, platformId, id } = named;
  const { table, entity } = kinds[kind];
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

/** It as it stands, locked until the transaction ends. @throws AddOnNotFound, PackageNotFound */
async function lockExtra(tx: Tx, { kind, platformId, id }: Named): Promise<Extras[ExtraKind]> {
  const { table, NotFound } = kinds[kind];
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
async function write(
  tx: Tx,
  { kind, platformId }: Omit<Named, 'id'>,
  before: Extras[ExtraKind] | null,
  input: ExtraInput,
  context: EditContext,
): Promise<string> {
  const { table, entity, id: prefix } = kinds[kind];
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

/** The price has to be one in its currency, and what is added counted features, each once. @throws ValidationFailed */
function checkExtra(input: ExtraInput, features: readonly Feature[]): void {
  const problems = 'features' in input ? checkAdds(input, features) : [];
  const rule = priceProblem(input.unitAmount, input.currency);
  if (decimalsOf(input.currency) === null)
    problems.push({
      path: 'currency',
      rule: 'unknown_currency',
      message: 'is not a currency that can be charged',
    });
  else if (rule) problems.push({ path: 'unitAmount', rule, message: `is no price in ${input.currency}` });
  if (problems.length > 0) throw new ValidationFailed(problems);
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

/**
 * A change of what is there has to know it as it is, and leaves its code: sales, lookup keys and the API go by it.
 * @throws EditConflict, ValidationFailed
 */
function refuseStale(
  before: { revision: number; code: string },
  input: { revision?: number; code: string },
): void {
  if (input.revision !== undefined && input.revision !== before.revision)
    throw new EditConflict(before.revision);
  if (input.code !== before.code)
    throw new ValidationFailed([{ path: 'code', rule: 'unchangeable', message: 'cannot be changed' }]);
}

/** Whether somebody has a checkout open for it; a choice begins with the code. */
async function isBeingBought(
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
        eq(checkoutSessions.kind, kinds[kind].checkout),
        sql`split_part(split_part(${checkoutSessions.choice}, '@', 1), ':', 1) = ${row.code}`,
      ),
    )
    .limit(1);
  return open !== undefined;
}

/** What the audit trail shows of one. */
function extraFacts(platform: string, row: ExtraInput): Record<string, unknown> {
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
