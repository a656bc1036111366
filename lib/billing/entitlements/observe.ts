import { and, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { observedFeatures } from '@/db/schema';
import { type Actor, record } from '@/lib/billing/audit';

/** Whether refusals of a feature are only recorded on a platform, and not made. */
export async function isObserved(db: Db, platformId: string, featureCode: string): Promise<boolean> {
  const [row] = await db
    .select({ featureCode: observedFeatures.featureCode })
    .from(observedFeatures)
    .where(and(eq(observedFeatures.platformId, platformId), eq(observedFeatures.featureCode, featureCode)));
  return row !== undefined;
}

/** The features of a platform that are only observed. */
export async function listObserved(db: Db, platformId: string): Promise<string[]> {
  const rows = await db
    .select({ featureCode: observedFeatures.featureCode })
    .from(observedFeatures)
    .where(eq(observedFeatures.platformId, platformId));
  return rows.map((row) => row.featureCode);
}

/** Observes a feature of a platform from now on, or enforces it again. Idempotent; audited when it changes. */
export async function setObserved(
  db: Db,
  target: { platformId: string; featureCode: string },
  observed: boolean,
  context: { actor: Actor; now: Date },
): Promise<void> {
  const { actor, now } = context;
  await db.transaction(async (tx) => {
    const row = and(
      eq(observedFeatures.platformId, target.platformId),
      eq(observedFeatures.featureCode, target.featureCode),
    );
    const changed = observed
      ? await tx
          .insert(observedFeatures)
          .values({ ...target, createdBy: actor.id })
          .onConflictDoNothing()
          .returning()
      : await tx.delete(observedFeatures).where(row).returning();
    if (changed.length === 0) return;
    await record(tx, { actor, now }, observed ? 'feature.observed' : 'feature.enforced', {
      id: target.featureCode,
      platformId: target.platformId,
    });
  });
}
