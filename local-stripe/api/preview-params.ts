/** What a preview may be asked. https://docs.stripe.com/api/invoices/create_preview */
import { z } from 'zod';
import { address, bool, clearable, discountGiven, expand, filled, ignored, int, text } from '../http/params';
import {
  billingMode,
  cancelAt,
  itemParams,
  phaseParams,
  prorationBehavior,
  trialEnd,
} from '../records/subscription-params';

const details = z.strictObject({
  // An object since endive (stripe.md 33).
  billing_cycle_anchor: z
    .strictObject({ type: z.enum(['now', 'unchanged', 'timestamp']), timestamp: int.optional() })
    .optional(),
  billing_mode: billingMode.optional(),
  cancel_at: cancelAt.optional(),
  cancel_at_period_end: bool.optional(),
  cancel_now: bool.optional(),
  items: z.array(itemParams).optional(),
  metadata: ignored,
  default_tax_rates: ignored,
  proration_behavior: prorationBehavior.optional(),
  proration_date: int.optional(),
  resume_at: z.literal('now').optional(),
  start_date: ignored,
  trial_end: trialEnd.optional(),
});
export const previewParams = z.strictObject({
  customer: filled.optional(),
  subscription: filled.optional(),
  schedule: filled.optional(),
  currency: text.optional(),
  preview_mode: z.enum(['next', 'recurring']).optional(),
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  customer_details: z
    .strictObject({
      address: clearable(address).optional(),
      tax_exempt: clearable(z.enum(['none', 'exempt', 'reverse'])).optional(),
      tax_ids: ignored,
      shipping: ignored,
      tax: ignored,
    })
    .optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  invoice_items: z
    .array(
      z.strictObject({
        amount: int.optional(),
        currency: text.optional(),
        description: text.optional(),
        price: filled.optional(),
        quantity: int.optional(),
        discountable: bool.optional(),
        metadata: ignored,
        period: ignored,
      }),
    )
    .max(250)
    .optional(),
  subscription_details: details.optional(),
  schedule_details: z
    .strictObject({
      phases: z.array(phaseParams).optional(),
      end_behavior: z.enum(['release', 'cancel']).optional(),
      proration_behavior: prorationBehavior.optional(),
      billing_mode: billingMode.optional(),
      pause_schedules: ignored,
    })
    .optional(),
  issuer: ignored,
  on_behalf_of: ignored,
  expand,
});
export type PreviewGiven = z.output<typeof previewParams>;
