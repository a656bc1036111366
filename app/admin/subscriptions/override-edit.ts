import { z } from 'zod';
import { dayText, limitText, overrideInput } from '@/lib/billing/entitlements/override-input';
import type { OverrideRow } from '@/lib/billing/entitlements/override-lists';
import type { OverridesEdit } from '@/lib/billing/entitlements/overrides';
import type { Feature } from '@/lib/billing/features';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';

const fieldsOf = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({});

/** The override editor as its form sends it: `limit.max_products`, `reason.max_products`, …; an empty field is left out. */
export const overrideFields = z.object({
  /** The exception that stood when the form was drawn, by feature. */
  seen: fieldsOf(z.string()),
  limit: fieldsOf(limitText),
  unlimited: fieldsOf(z.literal('on')),
  enabled: fieldsOf(z.enum(['on', 'off'])),
  reason: fieldsOf(z.string().trim().max(500)),
  until: fieldsOf(dayText),
});

type Fields = z.output<typeof overrideFields>;

/** One row of the editor. */
export type OverrideValues = {
  limit: string;
  unlimited: boolean;
  enabled: '' | 'on' | 'off';
  reason: string;
  until: string;
};

/** What the editor shows of an exception, or of none. */
export function valuesOf(row: OverrideRow | undefined): OverrideValues {
  return {
    limit: row?.hasLimit && row.limitValue !== null ? String(row.limitValue) : '',
    unlimited: row?.hasLimit === true && row.limitValue === null,
    enabled: row?.enabled === true ? 'on' : row?.enabled === false ? 'off' : '',
    reason: row?.reason ?? '',
    until: row?.expiresAt?.toISOString().slice(0, 10) ?? '',
  };
}

/**
 * What of the editor was touched: rows to write and exceptions to end, against what the person saw (an exception never
 * changes, so its id says all of it). What the editor does not show (the start, the hour of the end) is kept. Pure.
 * @throws ValidationFailed naming `limit.CODE`, `reason.CODE`
 */
export function toOverridesEdit(
  fields: Fields,
  features: readonly Feature[],
  seenRows: OverrideRow[],
): Required<OverridesEdit> {
  const edit: Required<OverridesEdit> = { save: [], end: [], seen: {} };
  const problems: FieldProblem[] = [];
  for (const { code, kind } of features) {
    const row = seenRows.find((one) => one.id === fields.seen[code]);
    const was = valuesOf(row);
    const is: OverrideValues = {
      limit: fields.limit[code] ?? '',
      unlimited: fields.unlimited[code] === 'on',
      enabled: fields.enabled[code] ?? '',
      reason: fields.reason[code] ?? '',
      until: fields.until[code] ?? '',
    };
    if (JSON.stringify(is) === JSON.stringify(was)) continue;
    edit.seen[code] = fields.seen[code] ?? '';
    const says = is.limit !== '' || is.unlimited || is.enabled !== '';
    if (!says && row) {
      // The field still holds why it was made; the audit row says why it ends.
      if (is.reason !== '' && is.reason !== was.reason)
        edit.end.push({ featureCode: code, reason: is.reason });
      else problems.push({ path: `reason.${code}`, rule: 'why_it_ends', message: 'says why it was made' });
      continue;
    }
    if (!says) {
      const field = kind === 'flag' ? 'enabled' : 'limit';
      problems.push({ path: `${field}.${code}`, rule: 'required', message: 'is needed' });
      continue;
    }
    if (is.unlimited && is.limit !== '') {
      problems.push({
        path: `limit.${code}`,
        rule: 'limit_or_unlimited',
        message: 'is given beside unlimited',
      });
    }
    if (is.reason === '') problems.push({ path: `reason.${code}`, rule: 'required', message: 'is needed' });
    else {
      edit.save.push({
        ...overrideInput.parse({
          featureCode: code,
          ...(is.unlimited ? { limitValue: null } : is.limit === '' ? {} : { limitValue: Number(is.limit) }),
          ...(is.enabled === '' ? {} : { enabled: is.enabled === 'on' }),
          reason: is.reason,
          ...(is.until === '' ? {} : { expiresAt: is.until }),
        }),
        ...(row?.startsAt ? { startsAt: row.startsAt } : {}),
        ...(row?.expiresAt && is.until === was.until ? { expiresAt: row.expiresAt } : {}),
      });
    }
  }
  if (problems.length > 0) throw new ValidationFailed(problems);
  return edit;
}

const names: Record<string, string> = {
  limitValue: 'limit',
  featureCode: 'limit',
  expiresAt: 'until',
  startsAt: 'until',
};

/** The domain names rows of a list (`[2].limit_value`); the editor's fields bear the feature's code (`limit.max_products`). */
export function toEditorProblems(problems: FieldProblem[], save: OverridesEdit['save']): FieldProblem[] {
  return problems.map((problem) => {
    const [, index, field = ''] = /^\[(\d+)\]\.(.+)$/.exec(problem.path) ?? [];
    const code = save[Number(index)]?.featureCode;
    return code ? { ...problem, path: `${names[field] ?? field}.${code}` } : problem;
  });
}
