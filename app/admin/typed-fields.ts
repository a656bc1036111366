import type { z } from 'zod';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { parsePrice } from '@/lib/money';
import { toFieldProblem } from '../problem';

/**
 * Reads what was typed into a form of the catalogue. What is wrong is kept by field, so that `parse` can say it together
 * with what the domain's own schema finds.
 */
export function typedFields(form: FormData) {
  const problems: FieldProblem[] = [];
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const say = (path: string, rule: string) => {
    problems.push({ path, rule, message: rule });
  };
  return {
    text,
    say,
    checked: (name: string) => form.get(name) === 'on',
    /** A whole number; null for an empty field. Its bounds are the schema's. */
    whole(name: string): number | null {
      const typed = text(name);
      if (typed === '') return null;
      if (/^[-−]?\d{1,15}$/.test(typed)) return Number(typed.replace('−', '-'));
      say(name, 'whole_number');
      return 0;
    },
    /** An amount in minor units of its currency; null for an empty field. */
    price(name: string, currency: string): number | null {
      const typed = text(name);
      if (typed === '') return null;
      const amount = parsePrice(typed, currency);
      if (typeof amount === 'number') return amount;
      say(name, amount === 'number_too_small' ? 'at_least_0' : amount);
      return 0;
    },
    /** @throws ValidationFailed with everything that is wrong */
    parse<T>(schema: z.ZodType<T>, value: unknown): T {
      const result = schema.safeParse(value);
      if (result.success && problems.length === 0) return result.data;
      throw new ValidationFailed([...problems, ...(result.error?.issues.map(toFieldProblem) ?? [])]);
    },
  };
}

/** The revision that the page showed. */
export function revisionOf(form: FormData): number | undefined {
  const typed = form.get('revision');
  if (typed === null || typed === '') return undefined;
  // What is no revision is none that is there: never "whichever".
  return /^\d{1,9}$/.test(String(typed)) ? Number(typed) : -1;
}
