/** What create, update and previews of subscriptions accept. https://docs.stripe.com/api/subscriptions/create */
import { z } from 'zod';
import type { App } from '../app';
import { invalid } from '../errors';
import type { ItemChange } from '../engine/changes';
import { bool, clearable, expand, filled, ignored, int, metadata, text } from '../http/params';
import type { Metadata, Price } from '../types';
import { getPrice, makePrice, priceData } from './catalog';
import { discountGiven } from './discounts';

export const itemParams = z.strictObject({
  id: filled.optional(),
  price: filled.optional(),
  plan: filled.optional(),
  price_data: priceData.optional(),
  quantity: int.optional(),
  deleted: bool.optional(),
  metadata: metadata.optional(),
  clear_usage: ignored,
  tax_rates: ignored,
  discounts: z.literal('').optional(),
  billing_thresholds: ignored,
});
export const prorationBehavior = z.enum(['create_prorations', 'always_invoice', 'none']);
export const cancelAt = clearable(z.union([int, z.enum(['min_period_end', 'max_period_end'])]));
export const trialEnd = z.union([z.literal('now'), int]);
export const anchorChange = z.strictObject({ type: z.enum(['now', 'unchanged']) });
const automaticTax = z.strictObject({ enabled: bool, liability: ignored });
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
  add_invoice_items: z.array(invoiceItem).optional(),
  cancel_at_period_end: bool.optional(),
  collection_method: z.enum(['charge_automatically', 'send_invoice']).optional(),
  days_until_due: int.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
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
  billing_mode: z.strictObject({ type: z.enum(['flexible']), flexible: ignored }).optional(),
  currency: filled.optional(),
  payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete']).optional(),
  trial_end: trialEnd.optional(),
  trial_period_days: int.optional(),
});
export const updateParams = z.strictObject({
  ...shared,
  billing_cycle_anchor: anchorChange.optional(),
  cancel_at: cancelAt.optional(),
  cancellation_details: z.strictObject({ comment: text.optional(), feedback: text.optional() }).optional(),
  pause_collection: clearable(
    z.strictObject({ behavior: z.enum(['keep_as_draft', 'mark_uncollectible', 'void']), resumes_at: int.optional() }),
  ).optional(),
  payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete']).optional(),
  proration_date: int.optional(),
  trial_end: trialEnd.optional(),
});
export type UpdateGiven = z.output<typeof updateParams>;

export function priceFor(app: App, given: { price?: string | undefined; plan?: string | undefined; price_data?: z.output<typeof priceData> | undefined }, param: string): Price | undefined {
  const priceId = given.price ?? given.plan;
  if (priceId) return getPrice(app, priceId, `${param}[price]`);
  return given.price_data ? makePrice(app, given.price_data, true) : undefined;
}

export function itemChanges(app: App, items: z.output<typeof itemParams>[] | undefined): ItemChange[] {
  return (items ?? []).map((item, at) => {
    const price = priceFor(app, item, `items[${at}]`);
    if (!item.id && !price) throw invalid(`Missing required param: items[${at}][price].`, `items[${at}][price]`, 'parameter_missing');
    return {
      id: item.id,
      price,
      quantity: item.quantity,
      deleted: item.deleted,
      metadata: item.metadata === undefined ? undefined : ((item.metadata ?? {}) as Metadata),
    };
  });
}
