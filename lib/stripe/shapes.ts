import { z } from 'zod';
import { fromUnix } from '@/lib/time';

/*
 * Stripe's shapes stop in these files. Both are read: periods on the subscription (before basil, 2025-03-31) or on its
 * items; `invoice.subscription` or `invoice.parent.subscription_details` (stripe.md 10, 12, 24).
 */

/** A reference: an id or the expanded object. */
export const reference = z.union([z.string(), z.object({ id: z.string() }).transform((object) => object.id)]);
export const seconds = z.number().int();
export const metadata = z.record(z.string(), z.string()).nullish();
export const date = (value: number | null | undefined): Date | null =>
  value == null ? null : fromUnix(value);
