/** What `/_local` may be asked. */
import { z } from 'zod';

const whole = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);
export const schemas = {
  advance: z.union([
    z.strictObject({
      days: z.union([
        z.number(),
        z
          .string()
          .regex(/^\d+(\.\d+)?$/)
          .transform(Number),
      ]),
      app: z.boolean().default(true),
    }),
    // `app: false` leaves the app alone: a seed tells a year before there is one.
    z.strictObject({ to: whole, app: z.boolean().default(true) }),
  ]),
  reset: z.strictObject({ at: whole.optional() }),
  faults: z.strictObject({
    webhooks: z.enum(['normal', 'duplicate', 'shuffle', 'delay', 'drop']).optional(),
    api: z
      .strictObject({
        status: z.union([z.literal(500), z.literal(429), z.literal('lock_timeout'), z.literal('timeout')]),
        next: z.int().min(0).max(100_000),
      })
      .optional(),
  }),
  deliver: z.strictObject({ event: z.string().min(1) }),
  settings: z.strictObject({
    dunning_end: z.enum(['canceled', 'unpaid', 'past_due', 'paused']).optional(),
    retry_days: z.array(z.number().positive()).max(8).optional(),
    pending_updates_take: z
      .array(z.enum(['off_session', 'price_data', 'send_invoice', 'other_methods', 'past_due']))
      .optional(),
    expiry_updates: z.boolean().optional(),
    cancel_stops_customer: z.boolean().optional(),
    later_interval_change: z.enum(['anchor', 'period']).optional(),
    pay_again_minutes: z.number().min(0).nullable().optional(),
    scheduled_preview: z.enum(['next_phase', 'over_items', 'subscription']).optional(),
    tax_id_verdicts: z
      .record(z.string(), z.enum(['verified', 'unverified', 'unavailable', 'pending']))
      .optional(),
    tax_id_seconds: z.int().min(0).optional(),
    seller_country: z.string().length(2).optional(),
    account_version: z
      .string()
      .regex(/^\d{4}-\d\d-\d\d(\.\w+)?$/)
      .optional(),
    rate: z.enum(['off', 'sandbox', 'live']).optional(),
    restricted_key: z.array(z.string().regex(/^rak_\w+_(read|write)$/)).optional(),
    tax_active: z.boolean().optional(),
    registrations: z.array(z.string().length(2)).nullable().optional(),
    deleted_customer_expand: z.enum(['passed_over', 'refused']).optional(),
    archived_price_in_phase: z.enum(['taken', 'refused']).optional(),
    unplaceable_address: z.enum(['refused', 'stored']).optional(),
    early_end_taken_back: z.enum(['undone', 'charged', 'kept']).optional(),
    metadata_splits_phase: z.boolean().optional(),
    tax_behavior: z.enum(['inclusive', 'exclusive', 'inferred_by_currency']).nullable().optional(),
    payment_methods: z.array(z.string().min(1)).min(1).optional(),
    debit_days: z.number().min(0).optional(),
    debit_outcome: z.enum(['succeeds', 'fails']).optional(),
  }),
  trigger: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('charge.dispute.created'),
      charge: z.string().optional(),
      payment_intent: z.string().optional(),
      reason: z.string().optional(),
    }),
    z.strictObject({
      type: z.literal('charge.dispute.closed'),
      dispute: z.string(),
      status: z.enum(['won', 'lost']),
    }),
    z.strictObject({ type: z.literal('checkout.session.async_payment_succeeded'), session: z.string() }),
    z.strictObject({ type: z.literal('checkout.session.async_payment_failed'), session: z.string() }),
    z.strictObject({
      type: z.literal('customer.tax_id.updated'),
      tax_id: z.string(),
      status: z.enum(['verified', 'unverified', 'unavailable', 'pending']),
    }),
    z.strictObject({ type: z.literal('bank_transfer'), invoice: z.string() }),
    z.strictObject({
      type: z.literal('authentication'),
      payment_intent: z.string().optional(),
      invoice: z.string().optional(),
      outcome: z.enum(['passed', 'failed']),
    }),
  ]),
  complete: z.strictObject({
    card: z.string().nullish(),
    method: z.enum(['card', 'sepa_debit']).optional(),
    outcome: z.enum(['paid', 'async', 'authentication_failed']).optional(),
    email: z.string().optional(),
    name: z.string().optional(),
    address: z
      .strictObject({
        country: z.string().length(2),
        line1: z.string().optional(),
        line2: z.string().optional(),
        postal_code: z.string().optional(),
        city: z.string().optional(),
        state: z.string().optional(),
      })
      .optional(),
    tax_id: z.string().optional(),
    promotion_code: z.string().optional(),
  }),
  customerDiscount: z.strictObject({ coupon: z.string().min(1) }),
  none: z.strictObject({}),
};
