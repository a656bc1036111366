import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { migrate } from '@/db/migrate';
import { LOCAL_KEY, readEnv } from '@/lib/env';
import { createStripe } from '@/lib/stripe/client';
import { buildWhenChanged } from './build';
import { type Child, type ChildOptions, endOrphans, startChild } from './children';
import { claimDataDir } from './data-dir';
import { writeRunningStack } from './installation';
import { printMigration } from './migration-words';
import { startPostgres } from './postgres';
import { requireIdentity } from './processes';
import { isSeedBroken, isSeeded, noteSeed, requireOurSeed } from './seed-note';
import { makeEnv, readSettings, requireFreePorts, type Settings } from './stack-settings';
import { pointWebhooksAt } from './webhook-endpoint';

export interface StackOptions {
  dev?: boolean;
  /** Throws the demo's data away and starts over from the seed. */
  fresh?: boolean;
  /** Aborting it during the start stops what runs already. */
  signal?: AbortSignal;
  /** Told what happens, one line at a time. */
  report?: (line: string) => void;
  /** Told every line that a child writes. */
  onChildLine?: (child: string, line: string) => void;
}

export interface Stack {
  appUrl: string;
  /** Of local Stripe's front page; null with a real Stripe account. */
  stripeUrl: string | null;
  /** Of the local VIES's page; null with a real Stripe account. */
  viesUrl: string | null;
  databaseUrl: string;
  logs: string;
  /** Resolves, with what to tell people, when a part ends that nobody asked to end. */
  failed: Promise<string>;
  /** Stops all of it: app, local Stripe, the database last. */
  stop(): Promise<void>;
}

/**
 * Starts the whole product on this machine: database, migrations, local Stripe, demo data on first use, the app with
 * its worker. Settings come from the environment (README). When a part does not start, those before it are stopped.
 * @throws with a message for people: a taken port, a data directory in use, a part that failed and its last words
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const settings = readSettings();
  const release = await claimDataDir(settings.dataDir, 'stack');
  const running: Running = { stops: [release], children: [], stopped: false, fail: () => {} };
  const failed = new Promise<string>((fail) => {
    running.fail = fail;
  });
  const stop = once(async () => {
    running.stopped = true;
    running.fail = () => {};
    rmSync(join(settings.dataDir, 'running.json'), { force: true });
    for (let end = running.stops.pop(); end; end = running.stops.pop()) await end();
  });
  // The parts waited for end with it, which fails the start.
  options.signal?.addEventListener('abort', () => running.children.map((child) => child.stop()));
  try {
    const partFailed = failed.then((words) => Promise.reject(new Error(words)));
    const stack = await Promise.race([startParts(settings, options, running), partFailed]);
    return { ...stack, logs: join(settings.dataDir, 'logs'), failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Running {
  stops: (() => Promise<void> | void)[];
  children: Child[];
  stopped: boolean;
  fail: (words: string) => void;
}

async function startParts(settings: Settings, options: StackOptions, running: Running) {
  const { dataDir, local } = settings;
  const report = options.report ?? (() => {});
  await endOrphans(dataDir);
  await requireFreePorts(settings);
  const broken = !settings.databaseUrl && isSeedBroken(dataDir);
  if (broken) report('the last seeding was interrupted: starting over');
  if (options.fresh || broken) await startOver(settings);

  const database = await openDatabase(settings, running);
  const env = makeEnv(settings, database.url, options.dev ?? false);
  readEnv(env);
  const start = (
    child: Omit<ChildOptions, 'env' | 'dataDir' | 'onLine'>,
    more: Record<string, string> = {},
  ) => {
    if (running.stopped || options.signal?.aborted) throw new Error('stopped');
    const onLine = (line: string) => options.onChildLine?.(child.name, line);
    const started = startChild({ ...child, env: { ...env, ...more }, dataDir, onLine });
    running.children.push(started);
    running.stops.push(() => started.stop());
    return started;
  };

  const prepareData = async () => {
    await migrate(env.DATABASE_DIRECT_URL || database.url, {
      tell: (news) => news.kind !== 'applied' && printMigration(news),
    });
    report('database ready');
    if (local) await startLocalStripe(settings, running, start);
    if (!isSeeded(dataDir, database.url)) {
      report('seeding the demo data');
      noteSeed(dataDir, database.url, 'begun');
      await runToEnd(start({ name: 'seed', args: ['--import', 'tsx', 'demo/seed.ts'] }));
      noteSeed(dataDir, database.url, 'finished');
    }
    if (env.STRIPE_API_BASE && local) {
      const origin = `http://${settings.reach}:${settings.port}`;
      await pointWebhooksAt(createStripe(LOCAL_KEY, env.STRIPE_API_BASE), origin);
    }
  };
  const prepareBuild = async () => {
    if (options.dev) return;
    const outcome = await buildWhenChanged(dataDir, async () => {
      report('building the app');
      await runToEnd(start({ name: 'build', args: [NEXT, 'build'] }));
    });
    if (outcome === 'built') report('app built');
  };
  // Neither needs the other: the build uses the time in which the data is made.
  await Promise.all([prepareData(), prepareBuild()]);

  const flags = ['--hostname', settings.host, '--port', String(settings.port)];
  const app = start({ name: 'app', args: [NEXT, options.dev ? 'dev' : 'start', ...flags] });
  watch(running, app);
  await waitForApp(app, settings);

  const stripe = running.children.find((child) => child.name === 'local-stripe');
  writeRunningStack(dataDir, {
    databaseUrl: database.url,
    appUrl: settings.appUrl,
    authSecret: env.AUTH_SECRET ?? '',
    stripeSecretKey: env.STRIPE_SECRET_KEY || null,
    stripeApiBase: env.STRIPE_API_BASE || null,
    viesUrl: env.VIES_URL || null,
    sellerVatNumber: env.SELLER_VAT_NUMBER || null,
    webhookSecret: env.STRIPE_WEBHOOK_SECRET || null,
    processes: {
      stack: requireIdentity(process.pid),
      app: app.process,
      ...(stripe && { localStripe: stripe.process }),
    },
  });
  return {
    appUrl: settings.appUrl,
    stripeUrl: env.STRIPE_API_BASE || null,
    viesUrl: local ? `http://${settings.reach}:${settings.viesPort}` : null,
    databaseUrl: database.url,
  };
}

const NEXT = 'node_modules/next/dist/bin/next';

async function startOver({ dataDir, databaseUrl }: Settings): Promise<void> {
  if (databaseUrl) {
    requireOurSeed(dataDir, databaseUrl);
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    await sql`drop schema if exists public, drizzle, graphile_worker cascade`;
    await sql`create schema public`;
    await sql.end();
  }
  const embedded = databaseUrl ? [] : ['postgres', 'postgres.json'];
  for (const name of [...embedded, 'local-stripe', 'seed.json']) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

async function openDatabase({ dataDir, databaseUrl }: Settings, running: Running): Promise<{ url: string }> {
  if (databaseUrl) return { url: databaseUrl };
  const server = await startPostgres({ dataDir });
  running.stops.push(() => server.stop());
  server.ended.then(() => running.fail('PostgreSQL has ended; its last words are in postgres.log'));
  return server;
}

async function startLocalStripe(
  settings: Settings,
  running: Running,
  start: (child: { name: string; args: string[] }, env: Record<string, string>) => Child,
): Promise<void> {
  const child = start(
    { name: 'local-stripe', args: ['--import', 'tsx', 'local-stripe/main.ts'] },
    {
      LOCAL_STRIPE_PORT: String(settings.stripePort),
      LOCAL_VIES_PORT: String(settings.viesPort),
      // Where it calls the app itself; APP_URL is what people see.
      LOCAL_STRIPE_APP_URL: `http://${settings.reach}:${settings.port}`,
    },
  );
  watch(running, child);
  await child.waitForLine(/^\{"listening"/, 30_000);
}

/** For a child that must live as long as the stack: its own end is the stack's failure. */
function watch(running: Running, child: Child): void {
  child.ended.then(({ code, signal }) => {
    running.fail([`${child.name} has ended (${signal ?? code}):`, ...child.tail()].join('\n'));
  });
}

async function runToEnd(child: Child): Promise<void> {
  const { code, signal } = await child.ended;
  if (code !== 0) throw new Error([`${child.name} failed (${signal ?? code}):`, ...child.tail()].join('\n'));
}

/** Up means that it answers requests: the health route once, whatever it says about the worker. */
async function waitForApp(app: Child, { reach, port }: Settings): Promise<void> {
  let dead = false;
  app.ended.then(() => {
    dead = true;
  });
  const deadline = Date.now() + 90_000;
  while (!dead && Date.now() < deadline) {
    try {
      await fetch(`http://${reach}:${port}/api/health`, { signal: AbortSignal.timeout(30_000) });
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(['the app does not answer:', ...app.tail()].join('\n'));
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
