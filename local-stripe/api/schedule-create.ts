/** Making a schedule: of its own, or from a subscription. https://docs.stripe.com/api/subscription_schedules/create */
import { z } from 'zod';
import type { App } from '../app';
import { beginSchedule, followEnd } from '../engine/schedules';
import { invalid } from '../errors';
import { expand, filled, ignored, metadata, parse } from '../http/params';
import type { Call } from '../http/router';
import { getRecurring } from '../records/prices';
import { checkPhases, refuseEmptyDiscounts, resolvePhases } from '../records/schedule-phases';
import {
  defaultSettings,
  PLAIN_SETTINGS,
  settingsOf,
  shapeSchedule,
  withDefaults,
} from '../records/schedule-shape';
import { ownDiscounts, phaseItems } from '../records/schedules';
import { strip } from '../records/strip';
import { phaseParams, when } from '../records/subscription-params';
import { ENDED, periodEnd } from '../records/subscriptions';
import type { Metadata, Schedule, Subscription } from '../types';

export const endBehavior = z.enum(['release', 'cancel']);
const createParams = z.strictObject({
  from_subscription: filled.optional(),
  customer: filled.optional(),
  start_date: when.optional(),
  phases: z.array(phaseParams).optional(),
  end_behavior: endBehavior.optional(),
  metadata: metadata.optional(),
  default_settings: defaultSettings.optional(),
  billing_mode: ignored,
  expand,
});

function fromSubscription(app: App, sub: Subscription, given: z.output<typeof createParams>): Schedule {
  // "Other parameters (such as phase values) cannot be set" with it (the types, stripe.md D58).
  const other = Object.keys(given).find((key) => key !== 'from_subscription' && key !== 'expand');
  if (other)
    throw invalid(
      `You cannot set \`${other}\` if \`from_subscription\` is set.`,
      other,
      'parameters_exclusive',
    );
  if (sub.schedule)
    throw invalid(
      `You cannot migrate a subscription that is already attached to a schedule: ${sub.schedule}`,
      'from_subscription',
    );
  if (ENDED.includes(sub.status))
    throw invalid(
      `You cannot migrate a subscription that is in the \`${sub.status}\` state.`,
      'from_subscription',
    );
  const start = Math.min(...sub.items.map((item) => item.current_period_start));
  const [base] = resolvePhases(
    app,
    [
      {
        items: phaseItems(sub).map((item) => ({ price: item.price, quantity: item.quantity ?? 1 })),
        start_date: start,
        end_date: sub.cancel_at ?? periodEnd(sub),
      },
    ],
    start,
    sub.currency,
    sub.items.map((item) => item.price), // what runs may be archived (stripe.md D25)
  );
  const schedule = shapeSchedule(app, {
    customer: sub.customer,
    subscription: sub.id,
    phases: base
      ? [
          {
            ...base,
            // Their metadata does not come along (stripe.md F5).
            items: phaseItems(sub).map((item) => ({ ...item, metadata: {} })),
            automatic_tax: { ...sub.automatic_tax },
            metadata: {},
            discounts: ownDiscounts(sub),
            default_tax_rates: sub.default_tax_rates ?? [],
            trial_end: sub.trial_end !== null && sub.trial_end > app.now ? sub.trial_end : null,
          },
        ]
      : [],
    // An end that was asked for is the schedule's from now on, neither refused nor lost (not documented; seen in test mode).
    endBehavior: given.end_behavior ?? (sub.cancel_at === null ? 'release' : 'cancel'),
    metadata: (given.metadata ?? {}) as Metadata,
    testClock: sub.test_clock,
    status: 'active',
    settings: withDefaults(app, settingsOf(sub), given.default_settings, sub.customer),
  });
  app.store.put('schedules', schedule);
  app.emit('subscription_schedule.created', app.view('schedules', schedule));
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = schedule.id;
  });
  followEnd(app, schedule, sub);
  return schedule;
}

/** From a subscription: with its items and settings. Of its own: it begins at `start_date`. */
export function createSchedule({ app, params }: Call): object {
  const given = parse(createParams, params);
  if (given.from_subscription) {
    const sub = app.need('subscriptions', given.from_subscription, 'from_subscription');
    return app.on(sub.test_clock, () => strip(fromSubscription(app, sub, given)));
  }
  if (!given.customer || !given.phases?.length)
    throw invalid(
      'You must provide `from_subscription`, or `customer` and `phases`.',
      'phases',
      'parameter_missing',
    );
  const customer = app.need('customers', given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const start = given.start_date === undefined || given.start_date === 'now' ? app.now : given.start_date;
    const currency = getRecurring(app, given.phases?.[0]?.items[0]?.price ?? '').currency;
    const phases = resolvePhases(app, given.phases ?? [], start, currency);
    refuseEmptyDiscounts(given.phases ?? [], customer);
    checkPhases(app, phases, customer, null);
    const schedule = shapeSchedule(app, {
      customer: customer.id,
      subscription: null,
      phases,
      endBehavior: given.end_behavior ?? 'release',
      metadata: (given.metadata ?? {}) as Metadata,
      testClock: customer.test_clock,
      status: 'not_started',
      settings: withDefaults(app, PLAIN_SETTINGS, given.default_settings, customer.id),
    });
    app.store.put('schedules', schedule);
    app.emit('subscription_schedule.created', app.view('schedules', schedule));
    if (start <= app.now) beginSchedule(app, schedule);
    return strip(schedule);
  });
}
