/** Reading parameters: zod schemas over decoded form text, refusals in Stripe's words. */
import { z } from 'zod';
import { malformed } from '../errors';
import type { JsonObject } from '../types';

const MOST_KEYS = 50;
export const text = z.string().max(5000);
export const filled = z.string().min(1).max(5000);
export const int = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number);
export const amount = z.string().regex(/^\d+$/).transform(Number);
export const bool = z.enum(['true', 'false']).transform((value) => value === 'true');
export const decimal = z.string().regex(/^-?\d+(\.\d{1,12})?$/);
/** `''` clears a field. */
export const cleared = z.literal('').transform(() => null);
export const clearable = <T extends z.ZodType>(schema: T) => z.union([cleared, schema]);
/** A string with a cap of its own (stripe.md D7). */
export const upTo = (longest: number) => z.string().max(longest);
/** 50 keys of 40 characters without brackets, values of 500 (stripe.md D5). https://docs.stripe.com/api/metadata */
export const metadata = z.union([
  cleared,
  z
    .record(
      z.string().regex(/^[^[\]]{1,40}$/, 'Keys have up to 40 characters and no brackets'),
      z.string().max(500),
    )
    .refine((given) => Object.keys(given).length <= MOST_KEYS, `At most ${MOST_KEYS} keys`),
]);
export const expand = z.array(z.string()).optional();
export const address = z.strictObject({
  city: text.optional(),
  country: text.optional(),
  line1: text.optional(),
  line2: text.optional(),
  postal_code: text.optional(),
  state: text.optional(),
});
export const range = z.union([
  int.transform((at) => ({ gte: at, lte: at, gt: undefined, lt: undefined })),
  z.strictObject({ gt: int.optional(), gte: int.optional(), lt: int.optional(), lte: int.optional() }),
]);
export type Range = z.output<typeof range>;
export const paging = {
  limit: int.optional(),
  starting_after: filled.optional(),
  ending_before: filled.optional(),
  expand,
};
/** Accepted and without effect here: it changes nothing that the app can see. */
export const ignored = z.unknown().optional();

export const interval = z.enum(['day', 'week', 'month', 'year']);
export const recurring = z.strictObject({
  interval,
  interval_count: int.optional(),
  usage_type: z.enum(['licensed']).optional(),
  trial_period_days: int.optional(),
  meter: z.never().optional(),
});
export const taxBehavior = z.enum(['inclusive', 'exclusive', 'unspecified']);
export const productData = z.strictObject({
  name: filled,
  description: text.optional(),
  active: bool.optional(),
  id: filled.optional(),
  images: z.array(text).optional(),
  metadata: metadata.optional(),
  statement_descriptor: text.optional(),
  tax_code: text.optional(),
  tax_details: ignored,
  unit_label: text.optional(),
});
/** `price_data` of a line or item: makes a price that no list shows. */
export const priceData = z.strictObject({
  currency: filled,
  product: filled.optional(),
  product_data: productData.optional(),
  recurring: recurring.optional(),
  tax_behavior: taxBehavior.optional(),
  unit_amount: amount.optional(),
  unit_amount_decimal: decimal.optional(),
});
export const discountGiven = z.strictObject({
  coupon: filled.optional(),
  promotion_code: filled.optional(),
  discount: filled.optional(),
});

/** Unknown names are refused by name, as Stripe does. https://docs.stripe.com/error-codes/parameter-unknown */
export function parse<T extends z.ZodType>(schema: T, params: JsonObject): z.output<T> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error.issues as Issue[], []);
}

interface Issue {
  code: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
  errors?: Issue[][];
  input?: unknown;
  values?: unknown[];
  issues?: Issue[];
}

function refusal(issues: Issue[], above: PropertyKey[]): Error {
  const issue = issues[0];
  if (!issue) return malformed('Invalid request.', undefined);
  const path = [...above, ...issue.path];
  const param = name(path);
  if (issue.code === 'unrecognized_keys') {
    const unknown = name([...path, issue.keys?.[0] ?? '']);
    return malformed(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown');
  }
  if (issue.code === 'invalid_union' && issue.errors) {
    const best =
      issue.errors.find((branch) => branch[0] && branch[0].path.length > 0) ??
      issue.errors.find((branch) => branch[0]?.code === 'unrecognized_keys');
    if (best) return refusal(best, path);
    return malformed(`Invalid value for ${param}.`, param);
  }
  if (issue.code === 'invalid_type' && /received undefined/.test(issue.message)) {
    return malformed(`Missing required param: ${param}.`, param, 'parameter_missing');
  }
  if (issue.code === 'too_small') {
    return malformed(
      `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset.`,
      param,
      'parameter_invalid_empty',
    );
  }
  if (issue.code === 'too_big')
    return malformed(`Invalid value for ${param}: it is too long or too many. ${issue.message}`, param);
  if (issue.code === 'invalid_key') return malformed(`Invalid key in ${param}: ${keyProblem(issue)}`, param);
  if (issue.code === 'invalid_value') {
    return malformed(`Invalid ${param}: must be one of ${(issue.values ?? []).join(', ')}`, param);
  }
  if (issue.code === 'invalid_format')
    return malformed(`Invalid integer or boolean: ${param}`, param, 'parameter_invalid_integer');
  return malformed(`Invalid value for ${param}: ${issue.message}`, param);
}

function keyProblem(issue: Issue): string {
  return issue.issues?.[0]?.message ?? issue.message;
}

function name(path: PropertyKey[]): string {
  return path.map((part, at) => (at === 0 ? String(part) : `[${String(part)}]`)).join('');
}

/** Metadata merges key by key; an empty value removes its key, `''` removes all. https://docs.stripe.com/api/metadata */
export function mergeMetadata(
  current: Record<string, string> | null,
  change: Record<string, string> | null | undefined,
): Record<string, string> {
  if (change === undefined) return current ?? {};
  if (change === null) return {};
  const merged = { ...current };
  for (const [key, value] of Object.entries(change)) {
    if (value === '') delete merged[key];
    else merged[key] = value;
  }
  if (Object.keys(merged).length > MOST_KEYS) {
    throw malformed(`An object has at most ${MOST_KEYS} metadata keys.`, 'metadata');
  }
  return merged;
}

export function inRange(value: number, bounds: Range | undefined): boolean {
  if (!bounds) return true;
  if (bounds.gt !== undefined && !(value > bounds.gt)) return false;
  if (bounds.gte !== undefined && !(value >= bounds.gte)) return false;
  if (bounds.lt !== undefined && !(value < bounds.lt)) return false;
  return !(bounds.lte !== undefined && !(value <= bounds.lte));
}
