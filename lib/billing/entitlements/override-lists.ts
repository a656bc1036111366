import { and, count, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { auditLog, overrides } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';

export type OverrideRow = typeof overrides.$inferSelect;

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
