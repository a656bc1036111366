import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { takeMissedEvents } from './missed-events';
import { reconcileStripe } from './reconcile';

const isSoak = process.env.SOAK === '1';
const merchants = Number(process.env.READS_MERCHANTS ?? (isSoak ? 1000 : 20));
const days = Number(process.env.READS_DAYS ?? (isSoak ? 31 : 1));
const HOUR_MS = 3_600_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Reads = { total: number; by: Record<string, number> };
/** What `work` reads at Stripe, added up under its name. */
const read: Record<string, Record<string, number>> = { hourly: {}, nightly: {}, received: {} };
async function counting(name: 'hourly' | 'nightly' | 'received', work: () => Promise<unknown>) {
  await stage.control('/_local/reads/reset', {});
  await work();
  const sums = read[name] ?? {};
  const { by } = await stage.control<Reads>('/_local/reads');
  for (const [kind, count] of Object.entries(by)) sums[kind] = (sums[kind] ?? 0) + count;
}
const sum = (by: Record<string, number> = {}) => Object.values(by).reduce((total, one) => total + one, 0);

/** Half of them half a month before the others: renewals are not all of one day. */
async function open(): Promise<string[]> {
  const made: string[] = [];
  const price = await stage.price('professional');
  for (let i = 0; i < merchants; i++) {
    if (i === Math.floor(merchants / 2)) await stage.advance(15);
    const { account } = await stage.merchant();
    const customer = await stage.customer(account);
    const metadata = stage.marks(account, 'professional');
    const items = [{ price }];
    made.push((await stage.stripe.subscriptions.create({ customer, items, metadata })).id);
    if (i % 100 === 99) await stage.deliverNew();
  }
  await stage.advance(1 / 24);
  await stage.deliverNew();
  return made;
}

test(`${days} days of ${merchants} merchants: both comparisons read at most twice a merchant and day`, async () => {
  const plans = await open();
  const start = await stage.now();
  let since = start;
  const failed: string[] = [];
  let missed = 0;
  const about = async () => ({ now: await stage.now(), livemode: false });
  for (let day = 0; day < days; day++) {
    for (let hour = 1; hour <= 24; hour++) {
      await stage.advanceTo(new Date(addDays(start, day).getTime() + hour * HOUR_MS));
      // One in a hundred changes its mind each day; once a week nobody hears of an hour.
      if (hour === 12) {
        for (let i = day; i < merchants; i += 100) {
          const id = plans[i] ?? '';
          await stage.stripe.subscriptions.update(id, { cancel_at_period_end: day % 2 === 0 });
        }
      }
      if (hour === 12 && day % 7 === 0) await stage.newEvents();
      else await counting('received', () => stage.deliverNew());
      await counting('hourly', async () => {
        const options = await about();
        missed += await takeMissedEvents(stage.db, stage.stripe, { ...options, since, undelivered: true });
        since = options.now;
      });
    }
    await counting('nightly', async () => {
      const actor = { kind: 'job' as const, id: 'compare_stripe' };
      const options = { ...(await about()), actor, living: true };
      const report = await reconcileStripe(stage.db, stage.stripe, options);
      failed.push(...report.failed);
      missed += report.missedEvents;
      expect(report.merchants).toBeGreaterThan(merchants * 0.9);
    });
  }
  const daily = (by?: Record<string, number>) => (sum(by) / merchants / days).toFixed(3);
  process.stdout.write(
    `reads: ${merchants} merchants, ${days} days: a merchant and day ${daily(read.hourly)} hourly + ${daily(read.nightly)} nightly ` +
      `(beside ${daily(read.received)} by events delivered; ${missed} events were missed and taken in)\n` +
      `reads: nightly ${JSON.stringify(read.nightly)}\n`,
  );
  expect(failed).toEqual([]);
  expect(missed).toBeGreaterThan(0);
  expect((sum(read.hourly) + sum(read.nightly)) / merchants / days).toBeLessThanOrEqual(2);
}, 7_200_000);
