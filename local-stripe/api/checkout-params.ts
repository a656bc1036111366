/** What a checkout session may be asked for. https://docs.stripe.com/api/checkout/sessions/create */
import { z } from 'zod';
import {
  bool,
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
import { checkoutLocale } from '../records/locales';

const url = z.string().regex(/^https?:\/\/\S+$/, 'Not a valid URL');
export const checkoutParams = z.strictObject({
  mode: z.enum(['payment', 'setup', 'subscription']),
  adaptive_pricing: z.strictObject({ enabled: bool.optional() }).optional(),
  allow_promotion_codes: bool.optional(),
  allowed_payment_method_types: z.array(text).optional(),
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  cancel_url: url.optional(),
  client_reference_id: upTo(200).optional(),
  consent_collection: ignored,
  currency: filled.optional(),
  custom_text: ignored,
  customer: filled.optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  customer_email: filled.max(512).optional(),
  customer_update: z
    .strictObject({
      address: z.enum(['auto', 'never']).optional(),
      name: z.enum(['auto', 'never']).optional(),
      shipping: z.enum(['auto', 'never']).optional(),
    })
    .optional(),
  discounts: z.array(discountGiven).max(1).optional(),
  expires_at: int.optional(),
  invoice_creation: z
    .strictObject({
      enabled: bool,
      invoice_data: z
        .strictObject({
          metadata: metadata.optional(),
          description: text.optional(),
          footer: ignored,
          custom_fields: ignored,
          rendering_options: ignored,
        })
        .optional(),
    })
    .optional(),
  line_items: z
    .array(
      z.strictObject({
        price: filled.optional(),
        price_data: priceData.optional(),
        quantity: int.optional(),
        adjustable_quantity: ignored,
        metadata: metadata.optional(),
        tax_rates: ignored,
      }),
    )
    .max(100)
    .optional(),
  locale: checkoutLocale.optional(),
  metadata: metadata.optional(),
  origin_context: ignored,
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
      receipt_email: ignored,
      statement_descriptor: ignored,
    })
    .optional(),
  payment_method_collection: z.enum(['always', 'if_required']).optional(),
  payment_method_options: ignored,
  phone_number_collection: ignored,
  saved_payment_method_options: ignored,
  setup_intent_data: z.strictObject({ description: ignored, metadata: metadata.optional() }).optional(),
  submit_type: z.enum(['auto', 'book', 'donate', 'pay', 'subscribe']).optional(),
  subscription_data: z
    .strictObject({
      billing_cycle_anchor: int.optional(),
      billing_mode: ignored,
      description: upTo(500).optional(),
      invoice_settings: ignored,
      metadata: metadata.optional(),
      proration_behavior: z.enum(['create_prorations', 'none']).optional(),
      trial_end: int.optional(),
      trial_period_days: int.optional(),
      trial_settings: z
        .strictObject({
          end_behavior: z.strictObject({
            missing_payment_method: z.enum(['cancel', 'create_invoice', 'pause']),
          }),
        })
        .optional(),
    })
    .optional(),
  success_url: url.optional(),
  tax_id_collection: z
    .strictObject({ enabled: bool, required: z.enum(['if_supported', 'never']).optional() })
    .optional(),
  ui_mode: z.enum(['hosted_page']).optional(),
  expand,
});
export type CheckoutGiven = z.output<typeof checkoutParams>;
