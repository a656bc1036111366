import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { tierLimits, tiers } from '@/db/schema';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { type Actor, changedFields, recordAudit } from './audit';
import { EditConflict, TierNotFound } from './errors';
import type { Feature } from './features';
import { MAX_QUANTITY } from './limits';
import { getTier, type LimitRow, type Tier } from './tiers';

/** One row of a tier's limits: `limit_value` null = unlimited; may be left out only for a flag and where `enabled` is false. */
export const tierLimitInput = z.object({
  feature_code: z.string().min(1),
  limit_value: z.number().int().min(0).max(MAX_QUANTITY).nullish(),
  enabled: z.boolean().default(true),
});

export type TierLimitInput = z.output<typeof tierLimitInput>;

/**
 * Writes what a tier grants: rows named are written, others stay. Holds for all its subscribers from the commit on;
 * nothing they have is deleted. Raises the tier's revision; with `revision` given, one that is no longer current is refused.
 * @throws ValidationFailed naming `[i].field`, EditConflict, TierNotFound
 */
export async function saveTierLimits(
  db: Db,
  tier: { platformId: string; code: string },
  rows: TierLimitInput[],
  features: readonly Feature[],
  context: { actor: Actor; now: Date; revision?: number },
): Promise<Tier> {
  checkTierLimits(rows, features);
  return db.transaction(async (tx) => {
    const [locked] = await tx
      .select()
      .from(tiers)
      .where(and(eq(tiers.platformId, tier.platformId), eq(tiers.code, tier.code)))
      .for('update');
    if (!locked) throw new TierNotFound(tier.code);
    if (context.revision !== undefined && context.revision !== locked.revision) {
      throw new EditConflict(locked.revision);
    }
    const before = await getTier(tx, tier.platformId, tier.code);
    const next = mergeLimits(before.limits, rows, features);
    const changed = changedFields<Record<string, unknown>>(byCode(before.limits), byCode(next));
    if (!changed) return before;
    await tx
      .insert(tierLimits)
      .values(next.map((row) => ({ ...row, tierId: locked.id })))
      .onConflictDoUpdate({
        target: [tierLimits.tierId, tierLimits.featureCode],
        set: { enabled: sql`excluded.enabled`, limitValue: sql`excluded.limit_value` },
      });
    await tx
      .update(tiers)
      .set({ revision: sql`${tiers.revision} + 1`, updatedAt: new Date() })
      .where(eq(tiers.id, locked.id));
    await recordAudit(tx, context.actor, context.now, {
      action: 'tier.limits_changed',
      entity: 'tier',
      entityId: locked.id,
      platformId: tier.platformId,
      ...changed,
    });
    return getTier(tx, tier.platformId, tier.code);
  });
}

const byCode = (rows: Pick<LimitRow, 'featureCode' | 'enabled' | 'limitValue'>[]) =>
  Object.fromEntries(
    rows.map((row) => [row.featureCode, { enabled: row.enabled, limitValue: row.limitValue }]),
  );

/** The tier's rows as they will be. A flag has no limit; turned off, a limit is kept for when it is turned on again. */
export function mergeLimits(
  current: Pick<LimitRow, 'featureCode' | 'enabled' | 'limitValue'>[],
  rows: TierLimitInput[],
  features: readonly Feature[],
): { featureCode: string; enabled: boolean; limitValue: number | null }[] {
  const merged = new Map(
    current.map(({ featureCode, enabled, limitValue }) => [
      featureCode,
      { featureCode, enabled, limitValue },
    ]),
  );
  for (const row of rows) {
    const isFlag = features.find((one) => one.code === row.feature_code)?.kind === 'flag';
    const kept = merged.get(row.feature_code)?.limitValue ?? null;
    const limitValue = isFlag ? null : row.limit_value === undefined ? kept : row.limit_value;
    merged.set(row.feature_code, { featureCode: row.feature_code, enabled: row.enabled, limitValue });
  }
  return [...merged.values()];
}

/** @throws ValidationFailed naming `[i].field` */
export function checkTierLimits(rows: TierLimitInput[], features: readonly Feature[]): void {
  const problems: FieldProblem[] = [];
  for (const [i, row] of rows.entries()) {
    const say = (field: string, rule: string, message: string) =>
      problems.push({ path: `[${i}].${field}`, rule, message });
    const feature = features.find((one) => one.code === row.feature_code);
    if (!feature) say('feature_code', 'unknown_feature', 'is not a feature of this installation');
    else if (rows.findIndex((one) => one.feature_code === row.feature_code) < i) {
      say('feature_code', 'repeated', 'is named twice');
    } else if (feature.kind === 'flag' && typeof row.limit_value === 'number') {
      say('limit_value', 'binary_has_no_limit', 'does not apply to a feature that is on or off');
    } else if (feature.kind !== 'flag' && row.enabled && row.limit_value === undefined) {
      say('limit_value', 'required', 'is needed: a number, or null for unlimited');
    }
  }
  if (problems.length > 0) throw new ValidationFailed(problems);
}
