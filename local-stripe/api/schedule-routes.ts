/** The API of subscription schedules. https://docs.stripe.com/api/subscription_schedules */
import { z } from 'zod';
import type { App } from '../app';
import { advanceSchedule, beginSchedule, followEnd, release, rerunPhase } from '../engine/schedules';
import { invalid } from '../errors';
import {
  bool,
  expand,
  filled,
  ignored,
  inRange,
  mergeMetadata,
  metadata,
  parse,
  range,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { getRecurring } from '../records/prices';
import { checkPhases, phaseNow, resolvePhases, revisePhases } from '../records/schedule-phases';
import {
  defaultSettings,
  PLAIN_SETTINGS,
  settingsOf,
  shapeSchedule,
  withDefaults,
} from '../records/schedule-shape';
import { ownDiscounts, phaseItems } from '../records/schedules';
import { strip } from '../records/strip';
import { phaseParams, prorationBehavior, when } from '../records/subscription-params';
import { ENDED, endNow, periodEnd } from '../records/subscriptions';
import type { Metadata, Schedule, Subscription } from '../types';
import { act, list, retrieve } from './crud';

const endBehavior = z.enum(['release', 'cancel']);
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
const updateParams = z.strictObject({
  phases: z.array(phaseParams).min(1).optional(),
  end_behavior: endBehavior.optional(),
  metadata: metadata.optional(),
  default_settings: defaultSettings.optional(),
  proration_behavior: prorationBehavior.optional(),
  expand,
});

function fromSubscription(app: App, sub: Subscription, given: z.output<typeof createParams>): Schedule {
  if (given.phases) throw invalid('You cannot set `phases` if `from_subscription` is set.', 'phases');
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
  );
  const schedule = shapeSchedule(app, {
    customer: sub.customer,
    subscription: sub.id,
    phases: base
      ? [
          {
            ...base,
            items: phaseItems(sub),
            automatic_tax: { ...sub.automatic_tax },
            metadata: {},
            discounts: ownDiscounts(sub),
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

function create({ app, params }: Call): object {
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

/** Only a schedule that has not ended can be changed or canceled. */
function refuseEnded({ status }: Schedule, verb: string): void {
  if (status !== 'active' && status !== 'not_started')
    throw invalid(
      `You cannot ${verb} a subscription schedule that is currently in the \`${status}\` status.`,
    );
}

function update(schedule: Schedule, given: z.output<typeof updateParams>, app: App): void {
  refuseEnded(schedule, 'update');
  const phases = given.phases ? revisePhases(app, schedule, given.phases) : null;
  const settings = withDefaults(app, schedule.default_settings, given.default_settings, schedule.customer);
  const from = schedule.current_phase?.start_date;
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    if (phases) {
      rec.phases = phases;
      if (rec.current_phase) rec.current_phase = phaseNow(app, phases) ?? rec.current_phase;
    }
    if (given.end_behavior) rec.end_behavior = given.end_behavior;
    if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    rec.default_settings = settings;
  });
  const sub = app.store.get('subscriptions', schedule.subscription);
  // Defaults alone wait for the next phase (seen: https://github.com/bitwarden/server/pull/7437).
  if (phases) rerunPhase(app, schedule, from, given.proration_behavior ?? 'create_prorations');
  else if (sub) followEnd(app, schedule, sub);
  advanceSchedule(app, schedule);
}

function cancel(schedule: Schedule, _given: unknown, app: App): void {
  refuseEnded(schedule, 'cancel');
  const sub = app.store.get('subscriptions', schedule.subscription);
  if (sub) {
    endNow(app, sub, 'cancellation_requested');
    return;
  }
  app.change('schedules', schedule, null, (rec) => {
    rec.status = 'canceled';
    rec.canceled_at = app.now;
  });
  app.emit('subscription_schedule.canceled', app.view('schedules', schedule));
}

function inTime(at: number | null, bounds: z.output<typeof range> | undefined): boolean {
  return !bounds || (at !== null && inRange(at, bounds));
}

export const scheduleRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/subscription_schedules', handler: create },
  list('/v1/subscription_schedules', 'schedules', {
    params: {
      customer: filled,
      scheduled: bool,
      created: range,
      canceled_at: range,
      completed_at: range,
      released_at: range,
    },
    by: ['customer'],
    where: (one, given) =>
      (!given.scheduled || one.status === 'not_started') &&
      inTime(one.released_at, given.released_at) &&
      inTime(one.canceled_at, given.canceled_at) &&
      inTime(one.completed_at, given.completed_at),
  }),
  retrieve('/v1/subscription_schedules/:id', 'schedules'),
  act('/v1/subscription_schedules/:id', 'schedules', updateParams, update),
  act(
    '/v1/subscription_schedules/:id/release',
    'schedules',
    z.strictObject({ preserve_cancel_date: bool.optional(), expand }),
    (schedule, given, app) => release(app, schedule, given.preserve_cancel_date),
  ),
  act(
    '/v1/subscription_schedules/:id/cancel',
    'schedules',
    z.strictObject({ invoice_now: ignored, prorate: ignored, expand }),
    cancel,
  ),
];
