import { sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { webhookEvents } from '@/db/schema';
import { toUnix } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { retryDueEvents } from './retry';

const size = Number(process.env.BACKLOG ?? (process.env.SOAK === '1' ? 20_000 : 400));
const merchants = size > 1000 ? 100 : 10;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test(`a backlog of ${size} events is drained in order of arrival per customer, with flat memory`, async () => {
  const shops: Stripe.Subscription[] = [];
  for (let i = 0; i < merchants; i++) {
    const shop = await stage.merchant();
    const customer = await stage.customer(shop.account);
    const items = [{ price: await stage.price('professional') }];
    const metadata = stage.marks(shop.account, 'professional');
    shops.push(await stage.stripe.subscriptions.create({ customer, items, metadata }));
  }
  await stage.deliverNew();
  const start = toUnix(await stage.now()) + 10;
  // Each later than the one before: applied in order of arrival none needs to be asked about.
  for (let from = 0; from < size; from += 500) {
    const rows = Array.from({ length: Math.min(500, size - from) }, (_none, i) => {
      const n = from + i;
      const subscription = shops[n % merchants];
      const id = `evt_backlog_${String(n).padStart(6, '0')}`;
      const details = { comment: `word ${n}`, feedback: null, reason: null };
      const object = { ...subscription, cancellation_details: details };
      const event = { id, object: 'event', type: 'customer.subscription.updated', livemode: false };
      return {
        id,
        type: event.type,
        status: 'received' as const,
        stripeCustomerId: String(subscription?.customer),
        payload: { ...event, created: start + Math.floor(n / merchants), data: { object } },
        createdAt: new Date((start + Math.floor(n / merchants)) * 1000),
        receivedAt: new Date(Date.now() - (size - n) * 10),
      };
    });
    await stage.db.insert(webhookEvents).values(rows);
  }
  let peak = 0;
  const before = process.memoryUsage().heapUsed;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 50);
  const began = Date.now();
  const result = await retryDueEvents(stage.db, {
    stripe: stage.stripe,
    livemode: false,
    now: await stage.now(),
  });
  clearInterval(watch);
  const took = (Date.now() - began) / 1000;
  process.stdout.write(
    `backlog: ${size} events in ${took.toFixed(1)} s = ${Math.round(size / took)}/s, heap ${mb(before)} → at most ${mb(peak)}\n`,
  );
  expect(result).toEqual({ processed: size, ignored: 0, failed: 0, dead: 0 });
  expect(peak - before).toBeLessThan(150 * 2 ** 20);
  const outOfOrder = await stage.db.execute(sql`
    select 1 from (
      select processed_at, lag(processed_at) over (partition by stripe_customer_id order by received_at, id) as former
      from webhook_events where id like 'evt_backlog_%') as one
    where processed_at < former`);
  expect(outOfOrder).toHaveLength(0);
  const last = await stage.db.execute<{ cancel_reason: string }>(
    sql`select cancel_reason from subscriptions where is_current order by 1`,
  );
  const words = Array.from({ length: merchants }, (_none, i) => `word ${size - merchants + i}`);
  expect(last.map((row) => row.cancel_reason)).toEqual(words.sort());
}, 1_800_000);

const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
