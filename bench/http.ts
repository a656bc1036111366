import { sql } from 'drizzle-orm';
import { encode } from 'next-auth/jwt';
import { createApiKey } from '@/lib/tenancy/api-keys';
import { type BenchDb, OWNERS, place, storeCode } from './data';
import { eventMaker, sign } from './events';
import { requestsPerSecond } from './load';
import { interleave } from './measure';
import { type Row, ratioRow, valueRow } from './row';
import { AUTH_SECRET, memoryOf, type Server, startServers, WEBHOOK_SECRET } from './servers';

const ROUNDS = 5;

type Report = { add: (row: Row) => void; tell: (line: string) => void };

/** The rows that ask production servers. */
export async function measureHttp(
  bench: BenchDb,
  dataDir: string,
  wanted: Set<string>,
  { add, tell }: Report,
): Promise<void> {
  tell('building the app and its baseline');
  const { app, baseline, stop } = await startServers(bench.url, dataDir);
  tell('both are up');
  try {
    if (wanted.has('webhook')) add(await webhookRow(bench, app, baseline));
    if (wanted.has('entitlements')) add(await entitlementsRow(bench, app, baseline));
    if (wanted.has('billing_page')) add(await billingPageRow(app, baseline));
    if (wanted.has('memory_mb')) {
      const held = memoryOf(app);
      if (held !== null) add(valueRow('memory_mb', 'MB', held, 450));
    }
  } finally {
    await stop();
  }
}

/** Fresh events through the product's route, against a route that only verifies and inserts the same body. */
async function webhookRow({ db }: BenchDb, app: Server, baseline: Server): Promise<Row> {
  await db.execute(sql`create table bench_events (id text primary key, type text not null, payload jsonb not null,
    received_at timestamptz not null default now())`);
  const post = (url: string, next: () => string) =>
    requestsPerSecond({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      each: () => {
        const body = next();
        return { body, headers: { 'stripe-signature': sign(body, WEBHOOK_SECRET) } };
      },
    });
  const ours = eventMaker('app');
  const theirs = eventMaker('bare');
  const measured = await interleave(
    () => post(`${app.url}/api/webhooks/stripe`, ours),
    () => post(`${baseline.url}/api/hook`, theirs),
    ROUNDS,
  );
  await requireAllApplied(db);
  return ratioRow('webhook', 'events/s', measured, '>=', 0.6);
}

/** An event that failed or changed nothing would have been cheaper than one that was applied. */
async function requireAllApplied(db: BenchDb['db']): Promise<void> {
  const rows = await db.execute<{ status: string; applied: boolean; count: number }>(sql`
    select status, jsonb_array_length(changes) > 0 as applied, count(*)::int as count from webhook_events
    where id like 'evt_app_%' group by 1, 2`);
  const odd = rows.filter((row) => row.status !== 'processed' || !row.applied);
  if (odd.length > 0) throw new Error(`not all events were applied: ${JSON.stringify(odd)}`);
}

/** One merchant after another, asked with an API key, against a route with one query. */
async function entitlementsRow({ db }: BenchDb, app: Server, baseline: Server): Promise<Row> {
  // As `npm run api-key` makes them: the platform's own code has no limit of requests.
  const { key } = await createApiKey(db, { name: 'bench', role: 'admin' });
  const headers = { authorization: `Bearer ${key}` };
  const get = (url: string, path: (merchant: string) => string) => {
    let turn = 0;
    return requestsPerSecond({
      url,
      headers,
      each: () => ({ path: path(place((turn++ % 1000) + 1).merchantId) }),
    });
  };
  const measured = await interleave(
    () => get(app.url, (merchant) => `/api/v1/entitlements?merchant=${merchant}&platform=market`),
    () => get(baseline.url, (merchant) => `/api/one-query?merchant=${merchant}`),
    ROUNDS,
  );
  return ratioRow('entitlements', 'req/s', measured, '>=', 0.7);
}

/** The billing pages of signed-in owners, against an empty page behind the same session and policy with one query. */
async function billingPageRow(app: Server, baseline: Server): Promise<Row> {
  const name = 'authjs.session-token';
  const owners = Array.from({ length: OWNERS }, (_, index) => index + 1).filter((number) => number % 100);
  const visits = await Promise.all(
    owners.map(async (number) => {
      const token = { sub: `usr_b${number}`, version: 1 };
      const cookie = `${name}=${await encode({ token, salt: name, secret: AUTH_SECRET })}`;
      return { code: storeCode(number), headers: { cookie } };
    }),
  );
  let turn = 0;
  const get = (url: string, rest: string) =>
    requestsPerSecond({
      url,
      each: () => {
        const visit = visits[turn++ % visits.length];
        return { path: `/store/${visit?.code}${rest}`, headers: visit?.headers };
      },
    });
  const measured = await interleave(
    () => get(app.url, '/billing'),
    () => get(baseline.url, ''),
    ROUNDS,
  );
  return ratioRow('billing_page', 'req/s', measured, '>=', 0.5);
}
