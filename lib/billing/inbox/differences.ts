import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { stripeDifferences } from '@/db/schema';
import type { Difference } from './live-rows';

/** A merchant's differences that nobody has put right, newest first. */
export const listDifferences = (db: Db, merchantId: string, limit: number) =>
  db
    .select()
    .from(stripeDifferences)
    .where(and(eq(stripeDifferences.merchantId, merchantId), isNull(stripeDifferences.resolvedAt)))
    .orderBy(desc(stripeDifferences.foundAt))
    .limit(limit);

/**
 * Keeps what was found: repairs as done, the rest open once; what is no longer found is closed as gone, unless not all
 * was looked at.
 */
export async function keepDifferences(
  db: Db,
  merchantId: string,
  found: Difference[],
  now: Date,
  isWhole = true,
): Promise<void> {
  await db.transaction(async (tx) => {
    const open = await tx
      .select()
      .from(stripeDifferences)
      .where(and(eq(stripeDifferences.merchantId, merchantId), isNull(stripeDifferences.resolvedAt)));
    const still = new Set(
      found.filter((one) => !one.repaired).map((one) => `${one.entity}/${one.id}/${one.kind}`),
    );
    const gone = open
      .filter((row) => isWhole && !still.has(`${row.entity}/${row.entityId}/${row.kind}`))
      .map((row) => row.id);
    if (gone.length > 0) {
      await tx
        .update(stripeDifferences)
        .set({ resolvedAt: now, resolution: 'gone' })
        .where(inArray(stripeDifferences.id, gone));
    }
    const had = new Set(open.map((row) => `${row.entity}/${row.entityId}/${row.kind}`));
    const fresh = found.filter((one) => one.repaired || !had.has(`${one.entity}/${one.id}/${one.kind}`));
    if (fresh.length === 0) return;
    // A run beside this one may have noted it: it is listed once.
    await tx
      .insert(stripeDifferences)
      .values(
        fresh.map((one) => ({
          id: newId('dif'),
          entity: one.entity,
          entityId: one.id,
          merchantId,
          kind: one.kind,
          local: one.local,
          stripe: one.stripe,
          foundAt: now,
          ...(one.repaired ? { resolvedAt: now, resolution: 'repaired' as const } : {}),
        })),
      )
      .onConflictDoNothing();
  });
}
