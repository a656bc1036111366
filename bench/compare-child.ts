import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type Stripe from 'stripe';
import { createDb, type Db } from '@/db/client';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import { runJobNow } from '@/lib/jobs';
import { createStripe } from '@/lib/stripe/client';

/**
 * One build's side of the row `compare`, run in that build's folder: makes its books with its own verbs, every event taken
 * in, and says `{"ready": PORT}`. Then each `POST /JOB` runs that job once and answers `{seconds, result}`. What it imports
 * is what every build has had at the same place; what has moved since is looked for below.
 */
const merchants = Number(process.env.COMPARE_MERCHANTS);
const AT_ONCE = 6;

type ReceiveEvent = (
  db: Db,
  deps: { stripe: Stripe; livemode: boolean; now: Date },
  body: string,
) => Promise<{ status: string }>;
type ApplyPush = (db: Db, stripe: Stripe, actor: object, now: Date) => Promise<unknown>;

/** What has that name, wherever this build keeps it. */
async function find<V>(name: string, ...places: string[]): Promise<V> {
  const place = places.map((path) => resolve(path)).find((path) => existsSync(path));
  const found = place && (await import(place))[name];
  if (!found) throw new Error(`this build has no ${name} in ${places.join(' or ')}`);
  return found;
}

async function makeBooks(): Promise<void> {
  const receive = await find<ReceiveEvent>(
    'receiveEvent',
    'lib/billing/inbox/receive.ts',
    'lib/billing/webhooks.ts',
  );
  const push = await find<ApplyPush>('applyPush', 'lib/billing/plans/push.ts', 'lib/stripe/push.ts');
  const handled = await find<string[]>(
    'handledTypes',
    'lib/billing/inbox/effects.ts',
    'lib/billing/webhook-rings.ts',
  );
  await migrate(env().DATABASE_URL);
  const { db, close } = createDb(env().DATABASE_URL, { max: 10 });
  // Not through the counting relay.
  const stripe = createStripe(env().STRIPE_SECRET_KEY ?? '', process.env.COMPARE_STRIPE);
  await makeCatalogue(db);
  await push(db, stripe, { kind: 'system', id: 'bench' }, new Date());
  const prices = await stripe.prices.list({ lookup_keys: ['market:professional:month:eur'] });
  const price = prices.data[0]?.id ?? '';
  const numbers = Array.from({ length: merchants }, (_, index) => index + 1);
  await sideBySide(numbers, (number) => buy(db, stripe, price, number));
  await deliver(stripe, handled, (event) =>
    receive(db, { stripe, livemode: false, now: new Date() }, JSON.stringify(event)),
  );
  await close();
}

/** A merchant with a card and a plan that Stripe bills monthly. */
async function buy(db: Db, stripe: Stripe, price: string, number: number): Promise<void> {
  const key = `c${number}`;
  const { merchantId } = await makeMerchant(db, {
    key,
    name: `Merchant ${key}`,
    stores: [{ code: key.toUpperCase(), name: key }],
    owner: { email: `${key}@bench.test`, name: key },
    at: new Date(),
  });
  const { id: customer } = await stripe.customers.create({
    name: key,
    email: `${key}@bench.test`,
    metadata: { merchant: merchantId },
    address: { country: 'LU' },
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const metadata = { merchant: merchantId, platform: MARKET, tier: 'professional', kind: 'plan' };
  await stripe.subscriptions.create({ customer, items: [{ price }], metadata });
}

/** What Stripe is asked to send, in order for each customer. */
async function deliver(
  stripe: Stripe,
  types: string[],
  receive: (event: Stripe.Event) => Promise<unknown>,
): Promise<void> {
  const byCustomer = new Map<string, Stripe.Event[]>();
  for await (const event of stripe.events.list({ limit: 100 })) {
    if (!types.includes(event.type)) continue;
    const { object } = event.data;
    const customer = 'customer' in object ? String(object.customer) : 'id' in object ? object.id : '';
    const others = byCustomer.get(customer) ?? [];
    byCustomer.set(customer, others);
    others.unshift(event);
  }
  await sideBySide([...byCustomer.values()], async (events) => {
    for (const event of events) await receive(event);
  });
}

/** Not p-map: the other build may not have it. */
async function sideBySide<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

await makeBooks();

const server = createServer(async (request, response) => {
  try {
    const startedAt = performance.now();
    const result = await runJobNow(request.url?.slice(1) ?? '', 'bench');
    response.end(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, result }));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ ready: (server.address() as AddressInfo).port }));
});
