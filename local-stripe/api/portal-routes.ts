/** The API of the customer portal. https://docs.stripe.com/api/customer_portal */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid, missing } from '../errors';
import {
  bool,
  clearable,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  parse,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { getCustomer } from '../records/customers';
import { blank, defaultConfiguration, REASONS } from '../records/portal';
import { strip } from '../records/strip';
import { ENDED } from '../records/subscriptions';
import type { PortalConfiguration, PortalSession, Wire } from '../types';
import { list, one, retrieve, update } from './crud';

const proration = z.enum(['none', 'create_prorations', 'always_invoice']);
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
      products: ignored,
      billing_cycle_anchor: ignored,
      schedule_at_period_end: ignored,
      trial_update_behavior: ignored,
    })
    .optional(),
});
const configurationParams = z.strictObject({
  features: features.optional(),
  business_profile: z
    .strictObject({
      headline: clearable(text).optional(),
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

function assign(app: App, configuration: PortalConfiguration, given: ConfigurationGiven): void {
  const own = configuration.features;
  const wanted = given.features;
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

function createConfiguration({ app, params }: Call): object {
  const given = parse(configurationParams, params);
  if (!given.features) throw invalid('Missing required param: features.', 'features', 'parameter_missing');
  const configuration = blank(app, false);
  assign(app, configuration, given);
  app.store.put('portal_configurations', configuration);
  app.emit('billing_portal.configuration.created', configuration);
  return strip(configuration);
}

const oneConfiguration = one('portal_configurations', 'billing_portal configuration');

const flowData = z.strictObject({
  type: z.enum(['payment_method_update', 'subscription_cancel', 'customer_update']),
  subscription_cancel: z.strictObject({ subscription: filled, retention: ignored }).optional(),
  after_completion: z
    .strictObject({
      type: z.enum(['redirect', 'hosted_confirmation', 'portal_homepage']),
      redirect: z.strictObject({ return_url: filled }).optional(),
      hosted_confirmation: z.strictObject({ custom_message: text.optional() }).optional(),
    })
    .optional(),
});
const sessionParams = z.strictObject({
  customer: filled,
  configuration: filled.optional(),
  return_url: filled.optional(),
  locale: text.optional(),
  flow_data: flowData.optional(),
  expand,
});

function createSession({ app, params }: Call): object {
  const given = parse(sessionParams, params);
  const customer = getCustomer(app, given.customer, 'customer');
  const configuration = given.configuration
    ? app.store.get('portal_configurations', given.configuration)
    : defaultConfiguration(app);
  if (!configuration)
    throw missing('billing_portal configuration', given.configuration ?? '', 'configuration');
  const flow = given.flow_data;
  if (flow?.type === 'subscription_cancel') {
    const sub = app.store.get('subscriptions', flow.subscription_cancel?.subscription);
    if (!sub || sub.customer !== customer.id)
      throw missing(
        'subscription',
        flow.subscription_cancel?.subscription ?? '',
        'flow_data[subscription_cancel][subscription]',
      );
    if (ENDED.includes(sub.status) || sub.cancel_at !== null)
      throw invalid(
        'This subscription is already set to cancel.',
        'flow_data[subscription_cancel][subscription]',
      );
  }
  const made = app.ids.make('bps');
  const session: PortalSession = {
    id: made,
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: app.now,
    customer: customer.id,
    customer_account: null,
    flow: flow
      ? {
          after_completion: {
            hosted_confirmation: flow.after_completion?.hosted_confirmation
              ? { custom_message: flow.after_completion.hosted_confirmation.custom_message ?? null }
              : null,
            redirect: flow.after_completion?.redirect ?? null,
            type: flow.after_completion?.type ?? 'portal_homepage',
          },
          customer_update: null,
          subscription_cancel: flow.subscription_cancel
            ? { retention: null, subscription: flow.subscription_cancel.subscription }
            : null,
          subscription_pause: null,
          subscription_update: null,
          subscription_update_confirm: null,
          type: flow.type,
        }
      : null,
    livemode: false,
    locale: (given.locale ?? null) as Stripe.BillingPortal.Session.Locale | null,
    on_behalf_of: null,
    return_url: given.return_url ?? configuration.default_return_url,
    url: `${app.url}/p/session/${made}`,
  } satisfies Wire<Stripe.BillingPortal.Session>;
  app.store.put('portal_sessions', session);
  app.emit('billing_portal.session.created', session);
  return strip(session);
}

export const portalRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/billing_portal/configurations', handler: createConfiguration },
  list('/v1/billing_portal/configurations', 'portal_configurations', {
    params: { active: bool, is_default: bool },
    same: ['active', 'is_default'],
  }),
  retrieve('/v1/billing_portal/configurations/:id', 'portal_configurations', oneConfiguration),
  update(
    '/v1/billing_portal/configurations/:id',
    'portal_configurations',
    oneConfiguration,
    'billing_portal.configuration.updated',
    configurationParams,
    (rec, given, app) => {
      rec.features = structuredClone(rec.features);
      assign(app, rec, given);
    },
  ),
  { method: 'POST', pattern: '/v1/billing_portal/sessions', handler: createSession },
];
