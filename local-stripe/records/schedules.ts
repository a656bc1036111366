/** Subscription schedules: shape, and how they follow their subscription. Endive: phases end by `end_date` or `duration`. https://docs.stripe.com/api/subscription_schedules */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { missing } from '../errors';
import { ignored, text } from '../http/params';
import type { Metadata, Phase, Schedule, Subscription, Wire } from '../types';
import { resolvePaymentMethod } from './payment-methods';
import { taxSetting } from './schedule-phases';
import { automaticTax, collectionMethod, type UpdateGiven } from './subscription-params';

export const defaults = z.strictObject({
  automatic_tax: automaticTax.optional(),
  billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
  collection_method: collectionMethod.optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  invoice_settings: ignored,
});
type DefaultsGiven = z.output<typeof defaults>;
type Settings = Schedule['default_settings'];

export function getSchedule(app: App, scheduleId: string, param = 'id'): Schedule {
  const schedule = app.store.get('schedules', scheduleId);
  if (!schedule) throw missing('subscription_schedule', scheduleId, param);
  return schedule;
}

export const PLAIN: Settings = {
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
    ...PLAIN,
    automatic_tax: { ...sub.automatic_tax },
    collection_method: sub.collection_method,
    default_payment_method: sub.default_payment_method,
    description: sub.description,
    invoice_settings: { ...sub.invoice_settings, days_until_due: sub.days_until_due },
  };
}

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

export function shape(
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

export function running(app: App, trialEnd: number | null): number | null {
  return trialEnd !== null && trialEnd > app.now ? trialEnd : null;
}

/** Cancelling a subscription cancels its schedule. */
export function cancelScheduleOf(app: App, sub: Subscription): void {
  const schedule = app.store.get('schedules', sub.schedule);
  if (!schedule || (schedule.status !== 'active' && schedule.status !== 'not_started')) return;
  app.change('schedules', schedule, null, (rec) => {
    rec.status = 'canceled';
    rec.canceled_at = app.now;
    rec.current_phase = null;
  });
  sub.schedule = null;
  app.store.put('subscriptions', sub);
  app.emit('subscription_schedule.canceled', app.view('schedules', schedule));
}

/**
 * A direct change of the subscription is written into the current phase (Stripe may split it there), some of it into
 * `default_settings` as well; phases to come keep what they say and overrule it when they begin
 * (…#subscription-updates-when-a-schedule-is-attached).
 */
export function followSubscription(app: App, sub: Subscription, given: UpdateGiven): void {
  const schedule = app.store.get('schedules', sub.schedule);
  const start = schedule?.current_phase?.start_date;
  if (!schedule || start === undefined) return;
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    const defaults = rec.default_settings;
    if (given.automatic_tax) defaults.automatic_tax = { ...sub.automatic_tax };
    if (given.collection_method) defaults.collection_method = sub.collection_method;
    if (given.default_payment_method !== undefined)
      defaults.default_payment_method = sub.default_payment_method;
    rec.phases = rec.phases.map((phase) => {
      if (phase.start_date !== start) return phase;
      return {
        ...phase,
        items: inWords(phase.items) === inWords(sub.items) ? phase.items : phaseItems(sub),
        ...(given.trial_end === undefined ? {} : { trial_end: running(app, sub.trial_end) }),
        ...(given.automatic_tax && phase.automatic_tax ? { automatic_tax: { ...sub.automatic_tax } } : {}),
        ...(given.discounts === undefined ? {} : { discounts: ownDiscounts(sub) }),
      };
    });
  });
}

function inWords(items: { price: string; quantity?: number }[]): string {
  return items
    .map((item) => `${item.price} ${item.quantity ?? 1}`)
    .sort()
    .join();
}

export function ownDiscounts(sub: Subscription): Phase['discounts'] {
  return sub.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null }));
}

export function phaseItems(sub: Subscription): Phase['items'] {
  return sub.items.map((item) => ({
    billing_thresholds: null,
    discounts: [],
    metadata: item.metadata,
    plan: item.price,
    price: item.price,
    quantity: item.quantity ?? 1,
    tax_rates: [],
  }));
}
