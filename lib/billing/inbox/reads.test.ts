import pMap from 'p-map';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { handledTypes } from './effects';
import { takeMissedEvents } from './missed-events';
import { reconcileStripe } from './reconcile';

const isSoak = process.env.SOAK === '1';
const merchants = Number(process.env.READS_MERCHANTS ?? (isSoak ? 1000 : 20));
const days = Number(process.env.READS_DAYS ?? (isSoak ? 31 : 1));
const HOUR_MS = 3_600_000;
const AT_ONCE = 6;

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

const tell = (line: string) => isSoak && process.stderr.write(`${new Date().toISOString()} reads: ${line}\n`);

/** Delivers what is new of what we ask Stripe to send: in order for each customer, several customers at once. */
async function deliver(): Promise<void> {
  const byCustomer = new Map<string, Stripe.Event[]>();
  for (const event of await stage.newEvents()) {
    if (!handledTypes.includes(event.type)) continue;
    const { object } = event.data;
    const customer = 'customer' in object ? String(object.customer) : 'id' in object ? object.id : '';
    byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), event]);
  }
  await pMap(
    byCustomer.values(),
    async (events) => {
      for (const event of events) await stage.deliver(event);
    },
    { concurrency: AT_ONCE },
  );
}

/** Half of them half a month before the others: renewals are not all of one day. */
async function open(): Promise<string[]> {
  const price = await stage.price('professional');
  const buy = async () => {
    const { account } = await stage.merchant();
    const { id: customer } = await stage.stripe.customers.create({
      name: 'Test',
      email: 't@example.test',
      metadata: { merchant: account.merchantId },
      address: { country: 'LU' },
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    const metadata = stage.marks(account, 'professional');
    return (await stage.stripe.subscriptions.create({ customer, items: [{ price }], metadata })).id;
  };
  const made: string[] = [];
  for (const half of [Math.floor(merchants / 2), merchants - Math.floor(merchants / 2)]) {
    if (made.length > 0) await stage.advance(15);
    for (let left = half; left > 0; left -= 100) {
      made.push(...(await pMap(Array(Math.min(left, 100)), buy, { concurrency: AT_ONCE })));
      await deliver();
      tell(`${made.length} merchants made`);
    }
  }
  await stage.advance(1 / 24);
  await deliver();
  return made;
}

test(`${days} days of ${merchants} merchants: both comparisons read at most twice a merchant and day`, async () => {
  const plans = await open();
  const start = await stage.now();
  let since = start;
  let lastNight: Date = start;
  const failed: string[] = [];
  /** Who was told to end at its period's end: by then it lives no more. */
  const leaving = new Set<string>();
  let missed = 0;
  const about = async () => ({ now: await stage.now(), livemode: false });
  for (let day = 0; day < days; day++) {
    for (let hour = 1; hour <= 24; hour++) {
      await stage.advanceTo(new Date(addDays(start, day).getTime() + hour * HOUR_MS));
      // One in a hundred changes its mind each day; once a week nobody hears of an hour.
      if (hour === 12) {
        for (let i = day; i < merchants; i += 100) {
          const id = plans[i] ?? '';
          if (day % 2 === 0) leaving.add(id);
          await stage.stripe.subscriptions.update(id, { cancel_at_period_end: day % 2 === 0 });
        }
      }
      if (hour === 12 && day % 7 === 0) await stage.newEvents();
      else await counting('received', deliver);
      await counting('hourly', async () => {
        const options = await about();
        missed += await takeMissedEvents(stage.db, stage.stripe, { ...options, since, undelivered: true });
        since = options.now;
      });
    }
    await counting('nightly', async () => {
      const actor = { kind: 'job' as const, id: 'compare_stripe' };
      // As the job has it: from its last run on.
      const options = { ...(await about()), actor, living: true, since: lastNight };
      const report = await reconcileStripe(stage.db, stage.stripe, options);
      failed.push(...report.failed);
      missed += report.missedEvents;
      expect(report.merchants).toBeGreaterThanOrEqual(merchants - leaving.size);
      lastNight = options.now;
    });
    const reads = sum(read.hourly) + sum(read.nightly);
    tell(
      `day ${day + 1} of ${days}, ${(reads / merchants / (day + 1)).toFixed(3)} a merchant and day so far`,
    );
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
