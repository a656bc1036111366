/** What a portal configuration may be given. https://docs.stripe.com/api/customer_portal/configurations/create */
import { z } from 'zod';
import type { App } from '../app';
import { invalid, lacking } from '../errors';
import {
  bool,
  clearable,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  text,
  upTo,
} from '../http/params';
import { REASONS } from '../records/portal';
import type { PortalConfiguration } from '../types';

const proration = z.enum(['none', 'create_prorations', 'always_invoice']);
const updateProduct = z.strictObject({
  product: filled,
  prices: z.array(filled).min(1),
  adjustable_quantity: ignored,
});
const features = z.strictObject({
  customer_update: z
    .strictObject({
      enabled: bool.optional(),
      allowed_updates: clearable(
        z.array(z.enum(['name', 'email', 'address', 'shipping', 'phone', 'tax_id'])),
      ).optional(),
    })
    .optional(),
  invoice_history: z.strictObject({ enabled: bool }).optional(),
  payment_method_update: z.strictObject({ enabled: bool, payment_method_configuration: ignored }).optional(),
  subscription_cancel: z
    .strictObject({
      enabled: bool.optional(),
      mode: z.enum(['at_period_end', 'immediately']).optional(),
      proration_behavior: proration.optional(),
      cancellation_reason: z
        .strictObject({
          enabled: bool,
          options: clearable(z.array(text)).optional(),
          feedback_options: ignored,
        })
        .optional(),
    })
    .optional(),
  subscription_pause: z.strictObject({ enabled: bool.optional(), duration: ignored }).optional(),
  subscription_update: z
    .strictObject({
      enabled: bool.optional(),
      default_allowed_updates: clearable(z.array(z.enum(['price', 'promotion_code', 'quantity']))).optional(),
      proration_behavior: proration.optional(),
      products: clearable(z.array(updateProduct).max(10)).optional(),
      billing_cycle_anchor: ignored,
      schedule_at_period_end: ignored,
      trial_update_behavior: ignored,
    })
    .optional(),
});
export const configurationParams = z.strictObject({
  features: features.optional(),
  business_profile: z
    .strictObject({
      headline: clearable(upTo(60)).optional(),
      privacy_policy_url: text.optional(),
      terms_of_service_url: text.optional(),
    })
    .optional(),
  default_return_url: clearable(text).optional(),
  login_page: z.strictObject({ enabled: bool }).optional(),
  metadata: metadata.optional(),
  name: clearable(text).optional(),
  active: bool.optional(),
  expand,
});
type ConfigurationGiven = z.output<typeof configurationParams>;

/**
 * Cancelling never invoices at once, and credits only where it ends at once; changes of plan need something to change to
 * (stripe.md D63; the comments of `features` in the SDK's declarations).
 */
function refuseFeatures(own: PortalConfiguration['features'], wanted: ConfigurationGiven['features']): void {
  const cancel = wanted?.subscription_cancel;
  const param = 'features[subscription_cancel][proration_behavior]';
  if (cancel?.proration_behavior === 'always_invoice')
    throw invalid('Cancelling in the portal cannot invoice at once: one of none, create_prorations.', param);
  const behavior = cancel?.proration_behavior ?? own.subscription_cancel.proration_behavior;
  if (behavior === 'create_prorations' && (cancel?.mode ?? own.subscription_cancel.mode) !== 'immediately')
    throw invalid('Prorations of a cancellation go with the mode `immediately` only.', param);
  const update = wanted?.subscription_update;
  if (!(update?.enabled ?? own.subscription_update.enabled)) return;
  const products = update?.products === undefined ? own.subscription_update.products : update.products;
  if (!products?.length) throw lacking('features[subscription_update][products]');
}

/** Writes what was given over what there is. */
export function assignConfiguration(
  app: App,
  configuration: PortalConfiguration,
  given: ConfigurationGiven,
): void {
  const own = configuration.features;
  const wanted = given.features;
  refuseFeatures(own, wanted);
  if (wanted?.customer_update) {
    own.customer_update = {
      allowed_updates: wanted.customer_update.allowed_updates ?? own.customer_update.allowed_updates,
      enabled: wanted.customer_update.enabled ?? own.customer_update.enabled,
    };
  }
  if (wanted?.invoice_history) own.invoice_history = { enabled: wanted.invoice_history.enabled };
  if (wanted?.payment_method_update)
    own.payment_method_update = {
      ...own.payment_method_update,
      enabled: wanted.payment_method_update.enabled,
    };
  if (wanted?.subscription_cancel) {
    const cancel = wanted.subscription_cancel;
    own.subscription_cancel = {
      cancellation_reason: cancel.cancellation_reason
        ? {
            enabled: cancel.cancellation_reason.enabled,
            feedback_options: null,
            options: (cancel.cancellation_reason.options ?? REASONS) as typeof REASONS,
          }
        : own.subscription_cancel.cancellation_reason,
      enabled: cancel.enabled ?? own.subscription_cancel.enabled,
      mode: cancel.mode ?? own.subscription_cancel.mode,
      proration_behavior: cancel.proration_behavior ?? own.subscription_cancel.proration_behavior,
    };
  }
  if (wanted?.subscription_update) {
    const update = wanted.subscription_update;
    own.subscription_update = {
      ...own.subscription_update,
      enabled: update.enabled ?? own.subscription_update.enabled,
      default_allowed_updates:
        update.default_allowed_updates ?? own.subscription_update.default_allowed_updates,
      ...(update.products === undefined
        ? {}
        : {
            products: (update.products ?? []).map(({ product, prices }) => ({
              adjustable_quantity: { enabled: false, maximum: null, minimum: 1 },
              prices,
              product,
            })),
          }),
      proration_behavior: update.proration_behavior ?? own.subscription_update.proration_behavior,
    };
  }
  if (wanted?.subscription_pause?.enabled !== undefined)
    own.subscription_pause = { ...own.subscription_pause, enabled: wanted.subscription_pause.enabled };
  if (given.business_profile) {
    const { headline, privacy_policy_url, terms_of_service_url } = given.business_profile;
    const profile = configuration.business_profile;
    configuration.business_profile = {
      headline: headline === undefined ? profile.headline : headline,
      privacy_policy_url:
        privacy_policy_url === undefined ? profile.privacy_policy_url : privacy_policy_url || null,
      terms_of_service_url:
        terms_of_service_url === undefined ? profile.terms_of_service_url : terms_of_service_url || null,
    };
  }
  if (given.default_return_url !== undefined) configuration.default_return_url = given.default_return_url;
  if (given.name !== undefined) configuration.name = given.name;
  if (given.active !== undefined) configuration.active = given.active;
  configuration.metadata = mergeMetadata(configuration.metadata, given.metadata);
  configuration.updated = app.now;
}
