/** The API of subscription schedules. https://docs.stripe.com/api/subscription_schedules */
import { z } from 'zod';
import type { App } from '../app';
import { advanceSchedule, followEnd, release, rerunPhase } from '../engine/schedules';
import { invalid } from '../errors';
import { bool, expand, filled, ignored, inRange, mergeMetadata, metadata, range } from '../http/params';
import type { Route } from '../http/router';
import { phaseNow, revisePhases } from '../records/schedule-phases';
import { defaultSettings, withDefaults } from '../records/schedule-shape';
import { phaseParams, prorationBehavior } from '../records/subscription-params';
import { endNow } from '../records/subscriptions';
import type { Schedule } from '../types';
import { act, list, retrieve } from './crud';
import { createSchedule, endBehavior } from './schedule-create';

const updateParams = z.strictObject({
  phases: z.array(phaseParams).min(1).optional(),
  end_behavior: endBehavior.optional(),
  metadata: metadata.optional(),
  default_settings: defaultSettings.optional(),
  proration_behavior: prorationBehavior.optional(),
  expand,
});

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
    endNow(app, sub, 'cancellation_requested', { atOnce: true });
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
  { method: 'POST', pattern: '/v1/subscription_schedules', handler: createSchedule },
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
