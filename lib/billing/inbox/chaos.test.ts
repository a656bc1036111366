import { setTimeout as sleep } from 'node:timers/promises';
import { inArray, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createDb } from '@/db/client';
import { migrate } from '@/db/migrate';
import { webhookEvents } from '@/db/schema';
import { ensureStripeCustomer } from '@/lib/billing/customers/customers';
import { addDays } from '@/lib/time';
import { type Child, startChild } from '@/scripts/children';
import { findFreePort } from '@/scripts/ports';
import { type RunningPostgres, startPostgres } from '@/scripts/postgres';
import { makeTemporaryDataDir } from '@/scripts/temporary';
import { checkAgainstStripe } from '@/testing/checks';
import { type Dice, makeDice } from '@/testing/random';
import { openStage, type Stage } from '@/testing/stage';
import type { Hero } from '@/testing/steps';
import { retryDueEvents } from './retry';

const SOAK = process.env.SOAK === '1';
const seed = Number(process.env.STORY_SEED ?? 7);
const [merchants, rounds] = SOAK ? [24, 60] : [4, 6];

/** Kills the receiver at random moments and starts another, until told to stop. */
function keepKilling(start: () => Promise<Child>, dice: Dice) {
  let stopped = false;
  let kills = 0;
  const work = (async () => {
    let child = await start();
    while (!stopped) {
      const own = await Promise.race([child.ended, sleep(200 + dice.below(900))]);
      if (own)
        throw new Error(['the receiver ended by itself', own.signal ?? own.code, ...child.tail()].join('\n'));
      process.kill(child.process.pid, 'SIGKILL');
      kills++;
      await child.ended;
      child = await start();
    }
    return child;
  })();
  return {
    kills: () => kills,
    async stop() {
      stopped = true;
      return work;
    },
  };
}

test(`kill -9 at random moments, PostgreSQL restarted, Stripe at fault: nothing lost, nothing doubled (seed ${seed})`, async () => {
  const dice = makeDice(seed);
  const dataDir = await makeTemporaryDataDir('chaos', { guarded: true });
  const serve = () => startPostgres({ dataDir: dataDir.path, settings: 'durable' });
  let server: RunningPostgres = await serve();
  await migrate(server.url);
  const database = { ...createDb(server.url, { max: 6 }), url: server.url };
  const stage = await openStage({ database });
  try {
    const port = await findFreePort();
    const start = async () => {
      const env = {
        ...process.env,
        LOG_LEVEL: 'silent',
        DATABASE_URL: server.url,
        RECEIVER_STRIPE: stage.url,
        RECEIVER_SECRET: stage.webhookSecret,
        RECEIVER_PORT: String(port),
      };
      const args = ['--import', 'tsx', 'testing/receiver.ts'];
      const child = startChild({ name: 'receiver', args, env, dataDir: dataDir.path });
      await child.waitForLine(/receiving/, 30_000);
      return child;
    };
    const heroes = await Promise.all(Array.from({ length: merchants }, () => makeHero(stage, dice)));
    await stage.stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${port}/`, enabled_events: ['*'] });
    const killing = keepKilling(start, dice);
    for (let round = 0; round < rounds || (killing.kills() < 3 && round < 400); round++) {
      await Promise.allSettled(heroes.map((hero) => act(hero, round)));
      if (round % 3 === 1) {
        const status = dice.pick(SOAK ? ([500, 429, 'timeout'] as const) : ([500, 429] as const));
        await stage.control('faults', { api: { status, next: status === 'timeout' ? 1 : 4 } });
      }
      if (round === Math.floor(rounds / 2)) {
        await server.stop();
        server = await serve();
      }
      await sleep(dice.below(400));
    }
    await stage.control('faults', { api: { status: 500, next: 0 } });
    const child = await killing.stop();
    expect(killing.kills()).toBeGreaterThan(2);
    await ringAgain(stage);
    await child.stop();
    const deps = { stripe: stage.stripe, livemode: false, now: await stage.now() };
    await retryDueEvents(stage.db, deps, addDays(new Date(), 1));
    await checkNothingLost(stage);
    for (const hero of heroes) await checkAgainstStripe(hero);
  } finally {
    await stage.close();
    await server.stop();
    dataDir.remove();
  }
}, 1_800_000);

async function makeHero(stage: Stage, dice: Dice): Promise<Hero> {
  const shop = await stage.merchant();
  const customer = await ensureStripeCustomer(
    stage.db,
    stage.stripe,
    shop.account.merchantId,
    await stage.by(shop),
  );
  await stage.card(customer, 'pm_card_visa');
  return { stage, dice, shop, customer, log: [], delayed: [] };
}

/** What happens at Stripe; the app only hears of it. */
async function act({ stage, dice, shop, customer }: Hero, round: number): Promise<void> {
  const { stripe } = stage;
  const [live] = (await stripe.subscriptions.list({ customer })).data;
  if (!live) {
    const items = [{ price: await stage.price(dice.pick(['essential', 'professional'])) }];
    await stripe.subscriptions.create({ customer, items, metadata: stage.marks(shop.account, 'essential') });
    return;
  }
  const price = await stage.price(dice.pick(['essential', 'professional', 'business']));
  const item = live.items.data[0]?.id;
  const acts = [
    () =>
      stripe.subscriptions.update(live.id, {
        items: [{ id: item, price }],
        proration_behavior: 'always_invoice',
      }),
    () => stripe.subscriptions.update(live.id, { cancel_at_period_end: dice.chance(0.5) }),
    () => stripe.customers.update(customer, { name: `Round ${round}` }),
    async () => {
      const [charge] = (await stripe.charges.list({ customer })).data;
      if (charge && charge.amount > charge.amount_refunded) {
        await stripe.refunds.create({
          charge: charge.id,
          amount: 1 + dice.below(charge.amount - charge.amount_refunded),
        });
      }
    },
    () => (dice.chance(0.3) ? stripe.subscriptions.cancel(live.id) : null),
  ];
  await dice.pick(acts)();
}

/** Stripe's retries, without the waiting between them. */
async function ringAgain(stage: Stage): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const told = (await stage.control('deliveries')) as { event: string; status: string }[];
    const done = new Set(told.filter((one) => one.status === 'delivered').map((one) => one.event));
    const waiting = [...new Set(told.map((one) => one.event))].filter((event) => !done.has(event));
    if (waiting.length === 0) return;
    for (const event of waiting) await stage.control('deliver', { event });
  }
  throw new Error('events could not be delivered');
}

async function checkNothingLost(stage: Stage): Promise<void> {
  const told = (await stage.control('deliveries')) as { event: string }[];
  const ids = [...new Set(told.map((one) => one.event))];
  const [kept] = await stage.db
    .select({ count: sql<number>`count(*)::int` })
    .from(webhookEvents)
    .where(inArray(webhookEvents.id, ids));
  expect(kept?.count, 'every event is in the inbox').toBe(ids.length);
  const waiting = await stage.db
    .select({ type: webhookEvents.type, code: webhookEvents.errorCode, details: webhookEvents.errorDetails })
    .from(webhookEvents)
    .where(inArray(webhookEvents.status, ['received', 'failed', 'dead']));
  expect(waiting).toEqual([]);
}
