/** A schedule as it is made, and its default settings. Endive: phases end by `end_date` or `duration`. https://docs.stripe.com/api/subscription_schedules/object */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { ignored, text } from '../http/params';
import type { Metadata, Phase, Schedule, Subscription, Wire } from '../types';
import { resolvePaymentMethod } from './payment-methods';
import { taxSetting } from './schedule-phases';
import { automaticTax, collectionMethod } from './subscription-params';

export const defaultSettings = z.strictObject({
  automatic_tax: automaticTax.optional(),
  billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
  collection_method: collectionMethod.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  invoice_settings: ignored,
});
type DefaultsGiven = z.output<typeof defaultSettings>;
type Settings = Schedule['default_settings'];

export const PLAIN_SETTINGS: Settings = {
  application_fee_percent: null,
  automatic_tax: taxSetting(false),
  billing_cycle_anchor: 'automatic',
  billing_thresholds: null,
  collection_method: 'charge_automatically',
  default_payment_method: null,
  description: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    days_until_due: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  on_behalf_of: null,
  transfer_data: null,
};

/**
 * "Creating a schedule this way uses attributes on the subscription to set attributes on the schedule": these are its
 * defaults, while the phase's own are null (https://docs.stripe.com/billing/subscriptions/subscription-schedules, and
 * seen: 2witstudios/PageSpace, scripts/__fixtures__/stripe-ground-truth/03-schedule-just-created.json).
 */
export function settingsOf(sub: Subscription): Settings {
  return {
    ...PLAIN_SETTINGS,
    automatic_tax: { ...sub.automatic_tax },
    collection_method: sub.collection_method,
    default_payment_method: sub.default_payment_method,
    description: sub.description,
    invoice_settings: { ...sub.invoice_settings, days_until_due: sub.days_until_due },
  };
}

/** `default_settings` as given over those there are. */
export function withDefaults(
  app: App,
  settings: Settings,
  given: DefaultsGiven | undefined,
  customer: string,
): Settings {
  if (!given) return settings;
  const method = given.default_payment_method;
  return {
    ...settings,
    ...(given.automatic_tax ? { automatic_tax: taxSetting(given.automatic_tax.enabled) } : {}),
    ...(given.billing_cycle_anchor ? { billing_cycle_anchor: given.billing_cycle_anchor } : {}),
    ...(given.collection_method ? { collection_method: given.collection_method } : {}),
    ...(given.description === undefined ? {} : { description: given.description || null }),
    ...(method === undefined
      ? {}
      : {
          default_payment_method: method
            ? resolvePaymentMethod(app, method, customer, 'default_settings[default_payment_method]').id
            : null,
        }),
  };
}

/** Not yet kept; a running one begins with its first phase. */
export function shapeSchedule(
  app: App,
  given: {
    customer: string;
    subscription: string | null;
    phases: Phase[];
    endBehavior: 'release' | 'cancel';
    metadata: Metadata;
    testClock: string | null;
    status: 'active' | 'not_started';
    settings: Settings;
  },
): Schedule {
  const first = given.phases[0];
  return {
    id: app.ids.make('sub_sched'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: app.now },
    canceled_at: null,
    completed_at: null,
    created: app.now,
    current_phase:
      given.status === 'active' && first ? { end_date: first.end_date, start_date: first.start_date } : null,
    customer: given.customer,
    customer_account: null,
    default_settings: structuredClone(given.settings),
    end_behavior: given.endBehavior,
    livemode: false,
    metadata: given.metadata,
    pause_schedules: [],
    phases: given.phases,
    released_at: null,
    released_subscription: null,
    status: given.status,
    subscription: given.subscription,
    test_clock: given.testClock,
  } satisfies Wire<Stripe.SubscriptionSchedule>;
}
