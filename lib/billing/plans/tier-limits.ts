import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { tierLimits } from '@/db/schema';
import { type Actor, changedFields, record } from '@/lib/billing/audit';
import type { Feature } from '@/lib/billing/features';
import { MAX_QUANTITY } from '@/lib/billing/features';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { lockTier, raiseRevision, which } from './tier-rows';
import { getTier, type LimitRow, platformCode, type Tier } from './tiers';

/** One row of a tier's limits: `limitValue` null = unlimited; may be left out only for a flag and where `enabled` is false. */
export const tierLimitInput = z.object({
  featureCode: z.string().min(1),
  limitValue: z.number().int().min(0).max(MAX_QUANTITY).nullish(),
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
    const before = await lockTier(tx, tier.platformId, tier.code, context.revision);
    const next = mergeLimits(before.limits, rows, features);
    const changed = changedFields(inWords(before.limits, next, features), inWords(next, next, features));
    if (!changed) return before;
    await tx
      .insert(tierLimits)
      .values(next.map((row) => ({ ...row, tierId: before.id })))
      .onConflictDoUpdate({
        target: [tierLimits.tierId, tierLimits.featureCode],
        set: { enabled: sql`excluded.enabled`, limitValue: sql`excluded.limit_value` },
      });
    await raiseRevision(tx, before.id);
    await record(
      tx,
      context,
      'tier.limits_changed',
      { id: before.id, platformId: tier.platformId },
      which(tier.code, await platformCode(tx, tier.platformId), changed),
    );
    return getTier(tx, tier.platformId, tier.code);
  });
}

/** Limits as the audit trail shows them, by feature: on, unlimited, the limit, or off with the limit that is kept. */
function inWords(
  rows: Pick<LimitRow, 'featureCode' | 'enabled' | 'limitValue'>[],
  named: { featureCode: string }[],
  features: readonly Feature[],
): Record<string, string | number> {
  return Object.fromEntries(
    named.map(({ featureCode }) => {
      const row = rows.find((one) => one.featureCode === featureCode);
      const isFlag = features.find((one) => one.code === featureCode)?.kind === 'flag';
      if (!row?.enabled) return [featureCode, row?.limitValue == null ? 'off' : `off (${row.limitValue})`];
      return [featureCode, isFlag ? 'on' : (row.limitValue ?? 'unlimited')];
    }),
  );
}

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
    const isFlag = features.find((one) => one.code === row.featureCode)?.kind === 'flag';
    const kept = merged.get(row.featureCode)?.limitValue ?? null;
    const limitValue = isFlag ? null : row.limitValue === undefined ? kept : row.limitValue;
    merged.set(row.featureCode, { featureCode: row.featureCode, enabled: row.enabled, limitValue });
  }
  return [...merged.values()];
}

/** @throws ValidationFailed naming `[i].field` */
export function checkTierLimits(rows: TierLimitInput[], features: readonly Feature[]): void {
  const problems: FieldProblem[] = [];
  for (const [i, row] of rows.entries()) {
    const say = (field: string, rule: string, message: string) =>
      problems.push({ path: `[${i}].${field}`, rule, message });
    const feature = features.find((one) => one.code === row.featureCode);
    if (!feature) say('featureCode', 'unknown_feature', 'is not a feature of this installation');
    else if (rows.findIndex((one) => one.featureCode === row.featureCode) < i) {
      say('featureCode', 'repeated', 'is named twice');
    } else if (feature.kind === 'flag' && typeof row.limitValue === 'number') {
      say('limitValue', 'binary_has_no_limit', 'does not apply to a feature that is on or off');
    } else if (feature.kind === 'grant' && row.enabled && row.limitValue === null) {
      say('limitValue', 'grant_needs_number', 'is needed: what is granted each month is counted');
    } else if (feature.kind !== 'flag' && row.enabled && row.limitValue === undefined) {
      say('limitValue', 'required', 'is needed: a number, or null for unlimited');
    }
  }
  if (problems.length > 0) throw new ValidationFailed(problems);
}
