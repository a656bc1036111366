import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { createDb, type Db } from '@/db/client';
import { idsOf, MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { emails, memberships, platforms, seeds, stores, tiers, users, webhookEvents } from '@/db/schema';
import { hashPassword } from '@/lib/auth-password';
import { expireTrials } from '@/lib/billing/account/trial-end';
import { startTrial } from '@/lib/billing/account/trial-start';
import { takeMissedEvents } from '@/lib/billing/inbox/missed-events';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { applyPush } from '@/lib/billing/plans/push';
import { env, isLocalStripe } from '@/lib/env';
import { requireStripe } from '@/lib/stripe/client';
import { addDays, setClockOffset, toUnix } from '@/lib/time';
import {
  DEMO_PASSWORD,
  type DemoMerchant,
  demoStaff,
  namedMerchants,
  otherMerchants,
  type StoryStep,
} from './demo';
import { makeShopRows } from './seed-shops';
import { type Cast, type Teller, tellStep } from './story';

const SEED = 'demo';
const HISTORY_DAYS = 366;
/** What rings during the telling. The rest of a purchase's events would only say the same again. */
const HEARD: Stripe.WebhookEndpointCreateParams.EnabledEvent[] = [
  'customer.updated',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'checkout.session.completed',
  'invoice.paid',
  'invoice.payment_failed',
];

/**
 * Fills an empty database with the demo: the catalogue, the people, and a year that is lived through local Stripe's
 * clock and engine, its events taken in by the same inbox as later. Does nothing when it was done.
 */
export async function seedDemo(db: Db, now = new Date()): Promise<void> {
  const [done] = await db.select().from(seeds).where(eq(seeds.name, SEED));
  if (done?.done) return;
  const [somebody] = await db.select({ id: platforms.id }).from(platforms).limit(1);
  if (somebody && !done) return; // A database that somebody else filled is left alone.
  await db.insert(seeds).values({ name: SEED, done: false }).onConflictDoNothing();
  await makeCatalogue(db);
  const merchants = [...namedMerchants, ...otherMerchants];
  const clockOffsetMs = isLocalStripe() ? await liveThroughYear(db, requireStripe(), merchants, now) : 0;
  if (!isLocalStripe()) await makePeople(db, merchants, now);
  await makeStaff(db, now);
  await expireTrials(db, now);
  await makeShopRows(db, merchants, now);
  await db
    .update(webhookEvents)
    .set({ receivedAt: sql`${webhookEvents.createdAt}`, processedAt: sql`${webhookEvents.createdAt}` });
  await putHistoryAway(db);
  await setClockOffset(db, clockOffsetMs);
  await db.update(seeds).set({ done: true }).where(eq(seeds.name, SEED));
}

/** A year's e-mails were read long ago, and the work queued on the way is done. */
async function putHistoryAway(db: Db): Promise<void> {
  await db.update(emails).set({ status: 'sent', sentAt: sql`${emails.at}` });
  await db.execute(sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`);
}

/** Days before the seed's day, at nine in the morning; today's steps lie before now. */
const dayBefore = (now: Date, days: number): Date => {
  const day = addDays(
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), 9)),
    -days,
  );
  return day > now ? now : day;
};

/** How far local Stripe's clock is ahead of real time afterwards, in milliseconds. */
async function liveThroughYear(
  db: Db,
  stripe: Stripe,
  merchants: DemoMerchant[],
  now: Date,
): Promise<number> {
  const control = controlOf(env().STRIPE_API_BASE ?? '');
  await control('/_local/reset', { at: toUnix(dayBefore(now, HISTORY_DAYS)) });
  await applyPush(db, stripe, { kind: 'system', id: 'seed' }, dayBefore(now, HISTORY_DAYS));
  const teller: Teller = { stripe, control, ...(await loadPrices(db, stripe)) };
  const inbox = await openInbox(db, stripe);
  const hash = await hashPassword(DEMO_PASSWORD);
  const casts = new Map<string, Cast>(merchants.map((merchant) => [merchant.key, { subscriptions: {} }]));
  type Scene = { day: number; merchant: DemoMerchant; step: StoryStep | 'join' };
  const scenes: Scene[] = merchants.flatMap((merchant) => [
    { day: merchant.joined, merchant, step: 'join' as const },
    ...merchant.story.map((step) => ({ day: step.day, merchant, step })),
  ]);
  scenes.sort((a, b) => b.day - a.day);
  let clock = Number.POSITIVE_INFINITY;
  for (const { day, merchant, step } of scenes) {
    const at = dayBefore(now, day);
    if (day < clock) await control('/_local/advance', { to: toUnix(at), app: false });
    clock = day;
    if (step === 'join') await join(db, merchant, at, hash);
    else await tellStep(teller, merchant, casts.get(merchant.key) ?? { subscriptions: {} }, step);
    await inbox.settled();
  }
  await control('/_local/advance', { to: toUnix(now), app: false });
  // The telling took a while: from here on Stripe's clock, and the app's with it, go with the real one.
  const { offset_ms } = await control('/_local/advance', { to: toUnix(new Date()) + 1, app: false });
  await inbox.settled();
  await inbox.close();
  // The rest of the last month's events, so that the inbox lacks none that Stripe still lists.
  await takeMissedEvents(db, stripe, { now, livemode: false });
  return Number(offset_ms);
}

async function join(db: Db, merchant: DemoMerchant, at: Date, passwordHash: string): Promise<void> {
  const { merchantId } = await makeMerchant(db, { ...merchant, at, passwordHash });
  await db.transaction((tx) =>
    startTrial(
      tx,
      { merchantId, platformId: MARKET },
      { defaultDays: 30, actor: { kind: 'system', id: 'seed' }, now: at },
    ),
  );
}

/** Without local Stripe (a real test key) the people exist and nobody has paid yet. */
async function makePeople(db: Db, merchants: DemoMerchant[], now: Date): Promise<void> {
  const hash = await hashPassword(DEMO_PASSWORD);
  for (const merchant of merchants) await join(db, merchant, dayBefore(now, merchant.joined), hash);
}

async function makeStaff(db: Db, now: Date): Promise<void> {
  const passwordHash = await hashPassword(DEMO_PASSWORD);
  const createdAt = dayBefore(now, HISTORY_DAYS);
  await db.insert(users).values(demoStaff.map((person) => ({ ...person, passwordHash, createdAt })));
  const [store] = await db.select({ id: stores.id }).from(stores).where(eq(stores.code, 'ACME'));
  await db.insert(users).values({
    id: 'usr_acme_member',
    email: 'member@acme.test',
    name: 'Max Member',
    passwordHash,
    createdAt: dayBefore(now, 100),
  });
  await db.insert(memberships).values({
    merchantId: idsOf('acme').merchantId,
    userId: 'usr_acme_member',
    role: 'member',
    storeId: store?.id,
    createdAt: dayBefore(now, 100),
  });
}

const controlOf = (base: string) => async (path: string, body: unknown) => {
  const response = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`local Stripe refused ${path}: ${response.status} ${answer}`);
  return answer ? JSON.parse(answer) : null;
};

async function loadPrices(db: Db, stripe: Stripe) {
  const prices = new Map<string, string>();
  for await (const price of stripe.prices.list({ limit: 100 }))
    if (price.lookup_key) prices.set(price.lookup_key, price.id);
  const products = new Map(
    (await db.select().from(tiers)).map((tier) => [tier.code, tier.stripeProductId ?? '']),
  );
  const need = (found: string | undefined, what: string) => {
    if (!found) throw new Error(`${what} was not pushed to Stripe`);
    return found;
  };
  return {
    priceOf: (lookupKey: string) => need(prices.get(lookupKey), lookupKey),
    productOf: (code: string) => need(products.get(code), code),
  };
}

/** A webhook endpoint for the time of the telling, which takes events in as the app will. */
async function openInbox(db: Db, stripe: Stripe) {
  let open = 0;
  let seen = Date.now();
  const server = createServer((request, response) => {
    open++;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', async () => {
      try {
        const created = (JSON.parse(body) as { created: number }).created;
        await receiveEvent(db, { stripe, livemode: false, now: new Date(created * 1000) }, body);
        response.writeHead(200).end();
      } catch (error) {
        process.stderr.write(`seed: an event could not be stored: ${String(error)}\n`);
        response.writeHead(500).end();
      } finally {
        open--;
        seen = Date.now();
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/seed`,
    enabled_events: HEARD,
  });
  return {
    /** Waits until what a step rang has been taken in. */
    async settled() {
      while (open > 0 || Date.now() - seen < 15) await new Promise((done) => setTimeout(done, 5));
    },
    async close() {
      await stripe.webhookEndpoints.del(endpoint.id);
      await new Promise((done) => server.close(done));
    },
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { db, close } = createDb(env().DATABASE_URL);
  await seedDemo(db);
  await close();
}
