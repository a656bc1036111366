import { and, count, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { auditLog, overrides } from '@/db/schema';
import { type Account, holdAccount, ofAccount } from '@/lib/billing/accounts';
import { type Act, type Actor, entry, recordAll } from '@/lib/billing/audit';
import type { Feature } from '@/lib/billing/features';
import { MAX_QUANTITY } from '@/lib/billing/features';
import { DomainError, type FieldProblem, NotFound, ValidationFailed } from '@/lib/errors';

export type OverrideRow = typeof overrides.$inferSelect;

/** A day or a moment, as people and programs write it. */
const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text))
  .refine((at) => at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999, 'a year from 1 to 9999')
  .nullish();

/**
 * One exception. `limitValue` null = unlimited, left out = the tier's limit stays; `enabled` left out or null = as in the
 * tier (a limit turns the feature on).
 */
export const overrideInput = z.object({
  featureCode: z.string().min(1),
  limitValue: z.number().int().min(0).max(MAX_QUANTITY).nullish(),
  enabled: z.boolean().nullish(),
  reason: z.string().trim().min(1).max(500),
  startsAt: moment,
  expiresAt: moment,
});

/** A limit as a form has it. */
export const limitText = z
  .string()
  .trim()
  .regex(/^\d{1,12}$/)
  .superRefine((text, issues) => {
    if (Number(text) > MAX_QUANTITY)
      issues.addIssue({ code: 'too_big', origin: 'number', maximum: MAX_QUANTITY, input: text });
  });

/** A day as a form has it: of a year that `moment` takes. */
export const dayText = z.iso.date().refine((day) => !day.startsWith('0000'));

export type OverrideInput = z.output<typeof overrideInput>;

/** 409: an exception was saved or ended by somebody else since it was looked at. */
export class OverrideConflict extends DomainError {
  constructor(featureCode: string) {
    super('conflict', 'edit_conflict', { featureCode });
  }
}

/** Exceptions by id, of one account. */
export async function listOverridesById(db: Db, account: Account, ids: string[]): Promise<OverrideRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(overrides)
    .where(and(ofAccount(overrides, account), inArray(overrides.id, ids)));
}

/** The last exceptions of an account that ended, newest first, and how many there are. Two statements. */
export async function listEndedOverrides(
  db: Db,
  account: Account,
  limit: number,
): Promise<{ rows: OverrideRow[]; total: number }> {
  const ended = and(ofAccount(overrides, account), isNotNull(overrides.endedAt));
  const [rows, [counted]] = await Promise.all([
    db
      .select()
      .from(overrides)
      .where(ended)
      .orderBy(desc(overrides.createdAt), desc(overrides.id))
      .limit(limit),
    db.select({ total: count() }).from(overrides).where(ended),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

/** Why exceptions were ended, by id; one that another replaced, or that was ended without a word, is left out. */
export async function loadEndReasons(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: auditLog.entityId, reason: auditLog.reason })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.entity, 'override'),
        inArray(auditLog.entityId, ids),
        eq(auditLog.action, 'override.ended'),
      ),
    );
  return new Map(rows.flatMap((row) => (row.reason ? [[row.id, row.reason]] : [])));
}

/** The exceptions of an account that stand (in force, or not yet), or its whole history, newest first. */
export async function listOverrides(
  db: Db,
  account: Account,
  filter: { history?: boolean } = {},
): Promise<OverrideRow[]> {
  return db
    .select()
    .from(overrides)
    .where(and(ofAccount(overrides, account), filter.history ? undefined : isNull(overrides.endedAt)))
    .orderBy(desc(overrides.createdAt), desc(overrides.id));
}

/**
 * Writes exceptions, one per feature: each ends the one that stood for its feature, others stay. They hold from this
 * transaction's commit on, one of the monthly credits with the next grant. All or nothing.
 * @throws ValidationFailed naming `[i].field`
 */
export async function saveOverrides(
  db: Db,
  account: Account,
  rows: OverrideInput[],
  features: readonly Feature[],
  context: Act,
): Promise<OverrideRow[]> {
  return editOverrides(db, account, { save: rows, end: [] }, features, context);
}

export type OverridesEdit = {
  save: OverrideInput[];
  /** Exceptions to end; one that does not stand is left out. */
  end: { featureCode: string; reason?: string | null }[];
  /** By feature, the id of the exception that was seen standing, '' for none: what is touched must still stand so. */
  seen?: Record<string, string>;
};

/**
 * Writes and ends several exceptions in one transaction with their audit rows: all or nothing.
 * @throws ValidationFailed naming `[i].field` of `save`, OverrideConflict where another stands than was seen, NotFound,
 *   MerchantClosed
 */
export async function editOverrides(
  db: Db,
  account: Account,
  { save, end, seen }: OverridesEdit,
  features: readonly Feature[],
  { actor, now }: Act,
): Promise<OverrideRow[]> {
  const problems = save.flatMap((row, i) => checkRow(row, i, save, features, now));
  if (problems.length > 0) throw new ValidationFailed(problems);
  const codes = [...save, ...end].map((row) => row.featureCode);
  if (codes.length === 0) return listOverrides(db, account);
  const author = authorOf(actor);
  return db.transaction(async (tx) => {
    await holdAccount(tx, account);
    // One writer at a time: where no exception stands there is no row to lock.
    await tx.execute(sql`select pg_advisory_xact_lock(
      hashtextextended(${`overrides:${account.merchantId}:${account.platformId}`}, 0))`);
    const ended = await endStanding(tx, account, codes, author, now);
    if (seen) {
      const moved = codes.find((code) => (seen[code] ?? '') !== (findFor(ended, code)?.id ?? ''));
      if (moved !== undefined) throw new OverrideConflict(moved);
    }
    const audits = end.flatMap(({ featureCode, reason }) => {
      const row = findFor(ended, featureCode);
      return row ? [endedAudit(row, reason)] : [];
    });
    const written = save.length > 0 ? await insertRows(tx, account, save, author, now) : [];
    for (const row of written) {
      const was = findFor(ended, row.featureCode);
      const action = was ? 'override.replaced' : 'override.created';
      const before = was && toFacts(was);
      audits.push(entry(action, row, { before, after: toFacts(row), reason: row.reason }));
    }
    await recordAll(tx, { actor, now }, audits);
    return listOverrides(tx, account);
  });
}

const authorOf = (actor: Actor) => (actor.kind === 'user' ? actor.id : `${actor.kind}:${actor.id}`);

const findFor = (rows: OverrideRow[], code: string) => rows.find((row) => row.featureCode === code);

async function insertRows(tx: Tx, account: Account, rows: OverrideInput[], author: string, now: Date) {
  return tx
    .insert(overrides)
    .values(
      rows.map((row) => ({
        id: newId('ovr'),
        ...account,
        featureCode: row.featureCode,
        hasLimit: row.limitValue !== undefined,
        limitValue: row.limitValue ?? null,
        enabled: row.enabled ?? null,
        reason: row.reason,
        author,
        startsAt: row.startsAt ?? null,
        expiresAt: row.expiresAt ?? null,
        createdAt: now,
      })),
    )
    .returning();
}

const endedAudit = (row: OverrideRow, reason?: string | null) =>
  entry('override.ended', row, { before: toFacts(row), reason });

/** Ends the exception of one feature: the tier's limit holds again at once. @throws NotFound when none stands */
export async function endOverride(
  db: Db,
  account: Account,
  featureCode: string,
  context: Act & { reason?: string },
): Promise<OverrideRow> {
  const { actor, now, reason } = context;
  return db.transaction(async (tx) => {
    const [ended] = await endStanding(tx, account, [featureCode], authorOf(actor), now);
    if (!ended) throw new NotFound('override', featureCode);
    await recordAll(tx, context, [endedAudit(ended, reason)]);
    return ended;
  });
}

/** Ends what stands for a merchant on any platform, in the transaction that closes it. */
export async function endOverridesOf(
  tx: Tx,
  merchantId: string,
  { actor, now, reason }: Act & { reason: string },
): Promise<void> {
  const ended = await tx
    .update(overrides)
    .set({ endedAt: now, endedBy: authorOf(actor) })
    .where(and(eq(overrides.merchantId, merchantId), isNull(overrides.endedAt)))
    .returning();
  await recordAll(
    tx,
    { actor, now },
    ended.map((row) => endedAudit(row, reason)),
  );
}

async function endStanding(tx: Tx, account: Account, codes: string[], author: string, now: Date) {
  return tx
    .update(overrides)
    .set({ endedAt: now, endedBy: author })
    .where(
      and(ofAccount(overrides, account), inArray(overrides.featureCode, codes), isNull(overrides.endedAt)),
    )
    .returning();
}

function toFacts(row: OverrideRow) {
  const { featureCode, hasLimit, limitValue, enabled, startsAt, expiresAt } = row;
  return { featureCode, ...(hasLimit ? { limitValue } : {}), enabled, startsAt, expiresAt };
}

function checkRow(
  row: OverrideInput,
  i: number,
  rows: OverrideInput[],
  features: readonly Feature[],
  now: Date,
): FieldProblem[] {
  const problem = (field: string, rule: string, message: string) => [
    { path: `[${i}].${field}`, rule, message },
  ];
  const feature = features.find((one) => one.code === row.featureCode);
  if (!feature) return problem('featureCode', 'unknown_feature', 'is not a feature of this installation');
  if (rows.findIndex((one) => one.featureCode === row.featureCode) < i) {
    return problem('featureCode', 'repeated', 'is named twice');
  }
  if (feature.kind === 'flag' && row.limitValue !== undefined) {
    return problem('limitValue', 'binary_has_no_limit', 'does not apply to a feature that is on or off');
  }
  if (feature.kind === 'grant' && row.limitValue === null)
    return problem('limitValue', 'grant_needs_number', 'is needed: what is granted each month is counted');
  if (row.limitValue === undefined && (row.enabled === undefined || row.enabled === null)) {
    const field = feature.kind === 'flag' ? 'enabled' : 'limitValue';
    return problem(field, 'required', 'is needed: the row changes nothing');
  }
  if (row.expiresAt && row.expiresAt <= now) return problem('expiresAt', 'in_the_past', 'lies in the past');
  if (row.expiresAt && row.startsAt && row.expiresAt <= row.startsAt) {
    return problem('expiresAt', 'before_start', 'lies before starts_at');
  }
  return [];
}
