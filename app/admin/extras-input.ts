import { z } from 'zod';
import { ValidationFailed } from '@/lib/errors';

/** Euros as typed (12.50) in cents. */
export const cents = z
  .string()
  .trim()
  .regex(/^\d{1,6}([.,]\d{1,2})?$/)
  .transform((text) => Math.round(Number(text.replace(',', '.')) * 100));

export const whole = z
  .string()
  .trim()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** Fields that an add-on and a credit package share, as their forms send them. */
export const common = {
  platform: z.string(),
  id: z.string().optional(),
  revision: z.coerce.number().int().optional(),
  code: z.string().trim(),
  name: z.string().trim(),
  currency: z.string().trim(),
  unit_amount: cents,
  display_order: whole,
  is_active: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
};

/** A domain schema over what a form's own let through; its complaints become the form's. */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ValidationFailed(
    result.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      rule: issue.code,
      message: issue.message,
    })),
  );
}
