/** Test clocks: advancing is asynchronous, `advancing` → `ready` (stripe.md 40). https://docs.stripe.com/billing/testing/test-clocks */
import type Stripe from 'stripe';
import { z } from 'zod';
import { DAY } from '../clock';
import { finish, furthest } from '../engine/test-clocks';
import { invalid } from '../errors';
import { expand, filled, int, parse, text } from '../http/params';
import type { Call, Route } from '../http/router';
import type { Wire } from '../types';
import { deleted, list, one, retrieve } from './crud';

const get = one('test_clocks');

function create({ app, params }: Call): object {
  const given = parse(
    z.strictObject({ frozen_time: int, name: text.optional(), customer: filled.optional(), expand }),
    params,
  );
  const clock = {
    id: app.ids.make('clock'),
    object: 'test_helpers.test_clock',
    created: app.now,
    deletes_after: app.now + 30 * DAY,
    frozen_time: given.frozen_time,
    livemode: false,
    name: given.name || null,
    status: 'ready',
    status_details: {},
  } satisfies Wire<Stripe.TestHelpers.TestClock>;
  app.store.put('test_clocks', clock);
  app.emit('test_helpers.test_clock.created', clock);
  return clock;
}

function advance(call: Call): object {
  const { app } = call;
  const clock = get(call);
  const given = parse(z.strictObject({ frozen_time: int, expand }), call.params);
  if (clock.status !== 'ready')
    throw invalid('This test clock is still advancing.', undefined, 'test_clock_advancing');
  if (given.frozen_time <= clock.frozen_time)
    throw invalid('`frozen_time` must be after the current frozen time.', 'frozen_time');
  if (given.frozen_time > furthest(app, clock)) {
    throw invalid(
      'Cannot advance a test clock by more than two intervals of its shortest subscription.',
      'frozen_time',
    );
  }
  app.change('test_clocks', clock, null, (rec) => {
    rec.status = 'advancing';
    rec.status_details = { advancing: { target_frozen_time: given.frozen_time } };
  });
  app.emit('test_helpers.test_clock.advancing', clock);
  setTimeout(() => finish(app, clock.id), 20).unref();
  return { ...clock };
}

function remove(call: Call): object {
  const { app } = call;
  const clock = get(call);
  for (const table of ['subscriptions', 'invoices', 'schedules', 'customers', 'invoice_items'] as const) {
    for (const rec of [...app.store.all(table)])
      if (rec.test_clock === clock.id) app.store.remove(table, rec.id);
  }
  app.store.remove('test_clocks', clock.id);
  app.emit('test_helpers.test_clock.deleted', clock);
  return deleted(clock);
}

export const testClockRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/test_helpers/test_clocks', handler: create },
  list('/v1/test_helpers/test_clocks', 'test_clocks'),
  retrieve('/v1/test_helpers/test_clocks/:id', 'test_clocks'),
  { method: 'POST', pattern: '/v1/test_helpers/test_clocks/:id/advance', handler: advance },
  { method: 'DELETE', pattern: '/v1/test_helpers/test_clocks/:id', handler: remove },
];
