import { describe, expect, test } from 'vitest';
import { nextRun } from './cron-times';
import { jobs } from './jobs';

describe('the list of jobs', () => {
  test('has those that the product promises, each once', () => {
    const names = jobs.map((job) => job.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'reset_period_counters',
        'check_trial_expirations',
        'sync_stripe_status',
        'cleanup_stale_subscriptions',
        'reconcile_usage',
        'retry_webhook_events',
      ]),
    );
  });

  test.each([
    ['* * * * *', '2026-11-21T10:00:30Z', '2026-11-21T10:01:00Z'],
    ['25 * * * *', '2026-11-21T10:25:00Z', '2026-11-21T11:25:00Z'],
    ['15 0 * * *', '2026-11-21T10:00:00Z', '2026-11-22T00:15:00Z'],
    ['45 3 * * 0', '2026-11-22T04:00:00Z', '2026-11-29T03:45:00Z'],
  ])('%s after %s is due at %s', (cron, after, due) => {
    expect(nextRun(cron, new Date(after)).toISOString()).toBe(new Date(due).toISOString());
  });
});
