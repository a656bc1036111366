import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { migrate } from '@/db/migrate';
import { type Child, startChild } from '../children';
import { findFreePort } from '../ports';
import { startPostgres } from '../postgres';
import { makeTemporaryDataDir } from '../temporary';
import { findPgBouncer, startPgBouncer } from './pgbouncer';

const SECONDS = 20;
const PER_SECOND = 40;
const SECRET = 'whsec_of_the_drill';

type Seen = { acknowledged: string[]; refused: Map<string, number>; pages: Map<string, number> };

/**
 * Two apps as they are deployed, behind PgBouncer, take forty webhooks a second and are asked for pages, while backends are
 * killed, the table of events is altered, and one app after the other is replaced. What was answered 200 is stored.
 * @returns what went wrong, a line each
 */
export async function drillWebhooks(say: (line: string) => void): Promise<string[]> {
  if (!findPgBouncer()) throw new Error('pgbouncer is missing (Debian: apt-get install pgbouncer)');
  if (!existsSync('.next/BUILD_ID')) throw new Error('a build is missing (npm run build)');
  const folder = await makeTemporaryDataDir('drill', { guarded: true });
  const bouncers = mkdtempSync(join(tmpdir(), 'tierline-pgbouncer-'));
  const server = await startPostgres({ dataDir: folder.path });
  const wrong: string[] = [];
  try {
    await migrate(server.url);
    for (const [mode, prepare] of [
      ['session', '1'],
      ['transaction', '0'],
    ] as const) {
      const pooler = await startPgBouncer(server.url, mode, bouncers);
      const name = `${mode} mode, DATABASE_PREPARE=${prepare}`;
      const env = { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: server.url, DATABASE_PREPARE: prepare };
      try {
        wrong.push(...(await run(name, env, folder.path, say)).map((line) => `${name}: ${line}`));
      } finally {
        await pooler.stop();
      }
    }
  } finally {
    await server.stop();
    folder.remove();
    rmSync(bouncers, { recursive: true });
  }
  return wrong;
}

async function run(
  name: string,
  database: { DATABASE_URL: string; DATABASE_DIRECT_URL: string; DATABASE_PREPARE: string },
  dataDir: string,
  say: (line: string) => void,
): Promise<string[]> {
  const admin = postgres(database.DATABASE_DIRECT_URL, { max: 2, onnotice: () => {} });
  const ports = [await findFreePort(), await findFreePort()];
  const start = (position: number) => startApp(position, ports[position] ?? 0, database, dataDir);
  const apps = await Promise.all([start(0), start(1)]);
  const serving = new Set([0, 1]);
  const seen: Seen = { acknowledged: [], refused: new Map(), pages: new Map() };
  const until = Date.now() + SECONDS * 1_000;
  const asked: Promise<void>[] = [];
  const prefix = `evt_${database.DATABASE_PREPARE}_`;
  const asking = (async () => {
    for (let n = 0; Date.now() < until; n++) {
      // As a proxy does: to those that are ready, in turn.
      const ready = [...serving];
      const port = ports[ready[n % ready.length] ?? 0] ?? 0;
      asked.push(ring(port, `${prefix}${n}`, seen));
      if (n % 4 === 0) asked.push(look(port, seen));
      await sleep(1_000 / PER_SECOND);
    }
  })();
  const replacing = (async () => {
    for (const position of [0, 1]) {
      await sleep(3_000);
      serving.delete(position);
      const leaving = apps[position];
      // To the parent alone, as an orchestrator does; it passes it on when proxies have gone.
      if (leaving) process.kill(leaving.process.pid, 'SIGTERM');
      await leaving?.ended;
      apps[position] = await start(position);
      serving.add(position);
    }
  })();
  const kills = await disturb(admin, until);
  await Promise.all([asking, replacing]);
  await Promise.all(asked);
  const rows = await admin<{ id: string }[]>`select id from webhook_events where id like ${`${prefix}%`}`;
  const kept = new Set(rows.map(({ id }) => id));
  const lost = seen.acknowledged.filter((id) => !kept.has(id));
  const wellAgain = await Promise.all(ports.map((port) => isReady(port)));
  await Promise.all(apps.map((app) => app.stop(15_000)));
  await admin.end();
  const told = (counts: Map<string, number>) =>
    [...counts].map(([what, n]) => `${n} × ${what}`).join(', ') || 'none';
  say(
    `${name}: ${seen.acknowledged.length} events acknowledged, ${kills} backends killed; refused: ${told(seen.refused)}; pages: ${told(seen.pages)}`,
  );
  return [
    ...(lost.length > 0 ? [`${lost.length} acknowledged events are not stored`] : []),
    ...(wellAgain.includes(false) ? ['an app is not ready afterwards'] : []),
    ...(seen.acknowledged.length < (SECONDS * PER_SECOND) / 4 ? ['hardly any event was taken'] : []),
  ];
}

async function startApp(position: number, port: number, database: object, dataDir: string): Promise<Child> {
  const child = startChild({
    name: `app-${position}`,
    args: ['--import', 'tsx', 'scripts/start.ts'],
    dataDir,
    env: {
      ...process.env,
      ...database,
      APP_URL: `http://localhost:${port}`,
      AUTH_SECRET: 'a secret of the drill, and of nothing else',
      STRIPE_SECRET_KEY: '',
      STRIPE_API_BASE: '',
      STRIPE_WEBHOOK_SECRET: SECRET,
      PORT: String(port),
      HOST: '127.0.0.1',
      SHUTDOWN_DELAY: '1',
      LOG_LEVEL: 'fatal',
    },
  });
  const over = Date.now() + 30_000;
  while (!(await isReady(port))) {
    if (Date.now() > over) throw new Error(`the app did not start:\n${child.tail().join('\n')}`);
    await sleep(100);
  }
  return child;
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/api/health?probe=ready`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

const count = (counts: Map<string, number>, what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

/** `fetch` says why in the cause. */
const whyOf = (error: Error): string =>
  error.cause instanceof Error
    ? `${(error.cause as { code?: string }).code ?? error.cause.message}`
    : error.name;

async function ring(port: number, id: string, seen: Seen): Promise<void> {
  const at = Math.floor(Date.now() / 1_000);
  const data = { object: { id: 'cus_of_nobody', object: 'customer' } };
  const body = JSON.stringify({
    id,
    object: 'event',
    type: 'customer.updated',
    created: at,
    livemode: false,
    data,
  });
  const signature = createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex');
  await fetch(`http://127.0.0.1:${port}/api/webhooks/stripe`, {
    method: 'POST',
    headers: { 'stripe-signature': `t=${at},v1=${signature}` },
    body,
    signal: AbortSignal.timeout(15_000),
  }).then(
    (answer) => (answer.ok ? seen.acknowledged.push(id) : count(seen.refused, String(answer.status))),
    (error: Error) => count(seen.refused, whyOf(error)),
  );
}

const look = (port: number, seen: Seen): Promise<void> =>
  fetch(`http://127.0.0.1:${port}/sign-in`, { signal: AbortSignal.timeout(15_000) }).then(
    (answer) => void count(seen.pages, String(answer.status)),
    (error: Error) => void count(seen.pages, whyOf(error)),
  );

/** Kills a backend of the apps each second, and alters the table of events. @returns how many were killed */
async function disturb(admin: postgres.Sql, until: number): Promise<number> {
  let kills = 0;
  for (let turn = 0; Date.now() < until; turn++) {
    await sleep(500);
    if (turn % 2 === 0) {
      const killed = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'tierline' order by random() limit 1`;
      kills += killed.length;
    } else
      await admin
        .unsafe(`set lock_timeout = '100ms'; alter table webhook_events add column drilled_${turn} int`)
        .catch(() => {});
  }
  return kills;
}
