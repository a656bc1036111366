/** Portal configurations and sessions. https://docs.stripe.com/api/customer_portal */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { PortalConfiguration, Wire } from '../types';

type Features = PortalConfiguration['features'];

export const REASONS: Features['subscription_cancel']['cancellation_reason']['options'] = [
  'too_expensive',
  'missing_features',
  'switched_service',
  'unused',
  'customer_service',
  'too_complex',
  'low_quality',
  'other',
];

export function blankConfiguration(app: App, isDefault: boolean): PortalConfiguration {
  return {
    id: app.ids.make('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: app.now,
    default_return_url: null,
    features: {
      customer_update: {
        allowed_updates: isDefault ? ['address', 'email', 'name', 'tax_id'] : [],
        enabled: isDefault,
      },
      invoice_history: { enabled: isDefault },
      payment_method_update: { enabled: isDefault, payment_method_configuration: null },
      subscription_cancel: {
        cancellation_reason: { enabled: isDefault, feedback_options: null, options: REASONS },
        enabled: isDefault,
        mode: 'at_period_end',
        proration_behavior: 'none',
      },
      subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
      subscription_update: {
        billing_cycle_anchor: null,
        default_allowed_updates: [],
        enabled: false,
        proration_behavior: 'none',
        schedule_at_period_end: { conditions: [] },
        trial_update_behavior: 'end_trial',
      },
    },
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: app.now,
  } satisfies Wire<Stripe.BillingPortal.Configuration>;
}

export function defaultConfiguration(app: App): PortalConfiguration {
  for (const one of app.store.all('portal_configurations')) if (one.is_default) return one;
  return app.store.put('portal_configurations', blankConfiguration(app, true));
}
