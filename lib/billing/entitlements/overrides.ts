import { sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { overrides } from '@/db/schema';
import { type Account, holdAccount } from '@/lib/billing/accounts';
import { type Act, entry, recordAll } from '@/lib/billing/audit';
import type { Feature } from '@/lib/billing/features';
import { refusal, ValidationFailed } from '@/lib/errors';
import { authorOf, endedAudit, endStanding, toFacts } from './override-end';
import { checkRow, type OverrideInput } from './override-input';
import { listOverrides, type OverrideRow } from './override-lists';

/** 409: an exception was saved or ended by somebody else since it was looked at. */
export const OverrideConflict = refusal('conflict', 'edit_conflict', (featureCode: string) => ({
  featureCode,
}));

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
