import { z } from 'zod';
import { type Feature, MAX_QUANTITY } from '@/lib/billing/features';
import type { FieldProblem } from '@/lib/errors';

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

export function checkRow(
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
