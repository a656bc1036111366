/** What create, update and previews of subscriptions accept. https://docs.stripe.com/api/subscriptions/create */
import { z } from 'zod';
import {
  bool,
  clearable,
  discountGiven,
  expand,
  filled,
  ignored,
  int,
  metadata,
  priceData,
  text,
  upTo,
} from '../http/params';

export const itemParams = z.strictObject({
  id: filled.optional(),
  price: filled.optional(),
  plan: filled.optional(),
  price_data: priceData.optional(),
  quantity: int.optional(),
  deleted: bool.optional(),
  metadata: metadata.optional(),
  clear_usage: ignored,
  tax_rates: clearable(z.array(filled)).optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  billing_thresholds: ignored,
});
export const billingMode = z.strictObject({
  type: z.enum(['classic', 'flexible']),
  flexible: z.strictObject({ proration_discounts: z.enum(['included', 'itemized']).optional() }).optional(),
});
export const prorationBehavior = z.enum(['create_prorations', 'always_invoice', 'none']);
export const cancelAt = clearable(z.union([int, z.enum(['min_period_end', 'max_period_end'])]));
export const trialEnd = z.union([z.literal('now'), int]);
export const anchorChange = z.strictObject({ type: z.enum(['now', 'unchanged']) });
export const collectionMethod = z.enum(['charge_automatically', 'send_invoice']);
export const automaticTax = z.strictObject({ enabled: bool, liability: ignored });
const paymentSettings = z.strictObject({
  payment_method_options: ignored,
  payment_method_types: ignored,
  save_default_payment_method: z.enum(['off', 'on_subscription']).optional(),
});
const invoiceItem = z.strictObject({
  price: filled.optional(),
  price_data: priceData.optional(),
  quantity: int.optional(),
  metadata: metadata.optional(),
  period: ignored,
  discountable: bool.optional(),
  tax_rates: ignored,
});
const trialSettings = z.strictObject({
  end_behavior: z.strictObject({
    missing_payment_method: z.enum(['cancel', 'create_invoice', 'pause']),
    billing_cycle_anchor: ignored,
  }),
});
const shared = {
  automatic_tax: automaticTax.optional(),
  add_invoice_items: z.array(invoiceItem).max(20).optional(),
  cancel_at_period_end: bool.optional(),
  collection_method: collectionMethod.optional(),
  days_until_due: int.optional(),
  default_tax_rates: clearable(z.array(filled)).optional(),
  default_payment_method: text.optional(),
  description: upTo(500).optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  items: z.array(itemParams).optional(),
  metadata: metadata.optional(),
  off_session: bool.optional(),
  payment_settings: paymentSettings.optional(),
  proration_behavior: prorationBehavior.optional(),
  trial_settings: trialSettings.optional(),
  trial_from_plan: bool.optional(),
  expand,
};
export const createParams = z.strictObject({
  ...shared,
  customer: filled,
  cancel_at: cancelAt.optional(),
  backdate_start_date: int.optional(),
  billing_cycle_anchor: int.optional(),
  billing_mode: billingMode.optional(),
  currency: filled.optional(),
  payment_behavior: z
    .enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'])
    .optional(),
  trial_end: trialEnd.optional(),
  trial_period_days: int.optional(),
});
export const updateParams = z.strictObject({
  ...shared,
  billing_cycle_anchor: anchorChange.optional(),
  cancel_at: cancelAt.optional(),
  cancellation_details: z.strictObject({ comment: text.optional(), feedback: text.optional() }).optional(),
  pause_collection: clearable(
    z.strictObject({
      behavior: z.enum(['keep_as_draft', 'mark_uncollectible', 'void']),
      resumes_at: int.optional(),
    }),
  ).optional(),
  payment_behavior: z
    .enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'])
    .optional(),
  proration_date: int.optional(),
  trial_end: trialEnd.optional(),
});
export type UpdateGiven = z.output<typeof updateParams>;

export const when = z.union([z.literal('now'), int]);
export const phaseParams = z.strictObject({
  items: z
    .array(
      z.strictObject({
        price: filled.optional(),
        plan: filled.optional(),
        price_data: priceData.optional(),
        quantity: int.optional(),
        metadata: metadata.optional(),
        billing_thresholds: ignored,
        discounts: clearable(z.array(discountGiven)).optional(),
        tax_rates: clearable(z.array(filled)).optional(),
      }),
    )
    .min(1),
  start_date: when.optional(),
  end_date: when.optional(),
  duration: z
    .strictObject({ interval: z.enum(['day', 'week', 'month', 'year']), interval_count: int.optional() })
    .optional(),
  proration_behavior: prorationBehavior.optional(),
  billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
  metadata: metadata.optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  trial: bool.optional(),
  trial_end: when.optional(),
  currency: text.optional(),
  description: upTo(500).optional(),
  collection_method: collectionMethod.optional(),
  default_payment_method: text.optional(),
  automatic_tax: automaticTax.optional(),
  invoice_settings: ignored,
  add_invoice_items: ignored,
  default_tax_rates: clearable(z.array(filled)).optional(),
  application_fee_percent: ignored,
  transfer_data: ignored,
  on_behalf_of: ignored,
  billing_thresholds: ignored,
});
