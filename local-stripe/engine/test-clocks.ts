/** How far a test clock may go, and the end of its way. https://docs.stripe.com/billing/testing/test-clocks */
import type { App } from '../app';
import { addIntervals } from '../clock';
import type { TestClock } from '../types';
import { runDue } from './due';

/** At most two intervals of the shortest subscription at once. https://docs.stripe.com/api/test_clocks/advance */
export function furthest(app: App, clock: TestClock): number {
  let limit = addIntervals(clock.frozen_time, 'year', 2);
  for (const sub of app.store.all('subscriptions')) {
    if (sub.test_clock !== clock.id || sub.status === 'canceled') continue;
    for (const item of sub.items) {
      const every = app.store.get('prices', item.price)?.recurring;
      if (every)
        limit = Math.min(limit, addIntervals(clock.frozen_time, every.interval, every.interval_count * 2));
    }
  }
  return limit;
}

/** After a restart an advance that was under way is finished too. */
export function finish(app: App, clockId: string): void {
  const clock = app.store.get('test_clocks', clockId);
  const target = clock?.status_details.advancing?.target_frozen_time;
  if (!clock || target === undefined) return;
  runDue(app, target, clock.id);
  app.change('test_clocks', clock, null, (rec) => {
    rec.frozen_time = target;
    rec.status = 'ready';
    rec.status_details = {};
  });
  app.emit('test_helpers.test_clock.ready', clock);
  app.store.commit();
}
