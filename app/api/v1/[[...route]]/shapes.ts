import { z } from '@hono/zod-openapi';
import { subscriptionStatuses } from '@/lib/billing/statuses';

/** Shapes that several resources answer with. */
export const usageMetric = z
  .object({
    code: z.string(),
    name: z.string(),
    current: z.number().int(),
    limit: z.number().int().nullable(),
    percentage: z.number(),
    is_unlimited: z.boolean(),
    is_at_limit: z.boolean(),
    is_approaching_limit: z.boolean(),
  })
  .openapi('UsageMetric');

export const featureSummary = z
  .object({
    code: z.string(),
    name_key: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    limit: z.number().int().nullable().openapi({ description: 'null = unlimited' }),
    current: z.number().int(),
    remaining: z.number().int().nullable(),
    percent_used: z.number(),
    feature_type: z.enum(['binary', 'quantitative']),
    scope: z.enum(['tier', 'merchant_override', 'add_on', 'fallback', 'none']),
  })
  .openapi('FeatureSummary');

export const unlock = z
  .object({
    kind: z.enum(['tier', 'add_on', 'release']),
    code: z.string().optional(),
    name: z.string().optional(),
    price: z
      .object({ amount: z.number().int(), currency: z.string(), interval: z.enum(['month', 'year']) })
      .optional(),
  })
  .openapi('Unlock');

export const status = z.enum(['none', ...subscriptionStatuses]);

/** How a machine names an account. */
export const accountNames = z.object({
  merchant: z.string().min(1).openapi({ description: 'Merchant id' }),
  platform: z.string().min(1).openapi({ description: 'Platform id or code' }),
});

/** Stripe's answer holds ten lines of an invoice. */
export const leftOutShape = z
  .number()
  .int()
  .nullable()
  .openapi({ description: 'What further lines come to that are left out; null when `lines` are all' });

/** An invoice to come, minor units: subtotal − discount + tax = total, less `balance_applied` = `amount_due`. */
export const foreseenBillShape = z.object({
  currency: z.string(),
  subtotal: z.number().int(),
  discount: z.number().int().openapi({ description: 'Off the whole invoice' }),
  tax: z.number().int().openapi({ description: 'On top of the prices' }),
  total: z.number().int(),
  balance_applied: z
    .number()
    .int()
    .openapi({ description: 'Paid by the credit balance; negative: put on it, or owed on it from before' }),
  amount_due: z.number().int(),
  tax_reason: z.string().nullable().openapi({
    description: 'Why it is taxed so, as decided by the billing details; null where Stripe taxes otherwise',
    example: 'reverse_charge',
  }),
  taxability: z.string().nullable().openapi({ description: 'Stripe’s `taxability_reason`' }),
});
