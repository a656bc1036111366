import postgres from 'postgres';
import { LOCAL_KEY } from '@/lib/env';
import { type Child, startChild } from '@/scripts/children';
import { checkOut } from './against';
import { median } from './measure';
import { startCountingRelay } from './relay';
import { type Row, ratioRow } from './row';
import { AUTH_SECRET, WEBHOOK_SECRET } from './servers';

const MERCHANTS = 1000;
const ROUNDS = 3;
const CHILD = 'bench/compare-child.ts';
const HOURLY = 'sync_stripe_status';
const NIGHTLY = 'compare_stripe';

type Run = { requests: number; seconds: number };
type Report = { add: (row: Row) => void; tell: (line: string) => void };

/**
 * The hourly comparison of 1,000 merchants with nothing missed, here and at `commit`, in turns: requests to Stripe, counted
 * by a relay in front of each build's own local Stripe, and seconds. Each build's books are made by its own verbs in its
 * own database. Here the hourly one reads what Stripe could not deliver and all else is left to the nightly one; so that
 * is run too, and told.
 */
export async function measureCompare(
  serverUrl: string,
  dataDir: string,
  commit: string,
  { add, tell }: Report,
): Promise<void> {
  tell(`checking out and installing ${commit}`);
  const other = checkOut(commit, dataDir, [CHILD]);
  const sides: Side[] = [];
  const open = async (name: string, folder: string) => {
    const side = await openSide(name, folder, serverUrl, dataDir, tell);
    sides.push(side);
    return side;
  };
  try {
    const theirs = await open('then', other.folder);
    const ours = await open('now', '.');
    for (const side of [theirs, ours]) await side.run(HOURLY);
    const [before, now]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const turns: [Side, Run[]][] = [
        [theirs, before],
        [ours, now],
      ];
      for (const [side, runs] of round % 2 === 0 ? turns : turns.reverse()) {
        const run = await side.run(HOURLY);
        tell(`${side.name}, ${HOURLY}: ${run.requests} requests, ${run.seconds.toFixed(3)} s`);
        runs.push(run);
      }
    }
    const night = await ours.run(NIGHTLY);
    tell(`${ours.name}, ${NIGHTLY}: ${night.requests} requests, ${night.seconds.toFixed(3)} s`);
    add(ratioRow('compare_requests', 'requests', paired(now, before, 'requests'), '<=', 1 / 20));
    add(ratioRow('compare_seconds', 's', paired(now, before, 'seconds'), '<=', 1 / 5));
  } finally {
    for (const side of sides) await side.stop();
    other.remove();
  }
}

function paired(now: Run[], before: Run[], what: keyof Run) {
  return {
    value: median(now.map((run) => run[what])),
    baseline: median(before.map((run) => run[what])),
    ratio: median(now.map((run, round) => run[what] / (before[round]?.[what] ?? Number.NaN))),
  };
}

type Side = { name: string; run(job: string): Promise<Run>; stop(): Promise<void> };

/** A build with its local Stripe, its database and its books. */
async function openSide(
  name: string,
  cwd: string,
  serverUrl: string,
  dataDir: string,
  tell: Report['tell'],
): Promise<Side> {
  const children: Child[] = [];
  const start = (part: string, script: string, more: Record<string, string>) => {
    const env = { ...process.env, STRIPE_SECRET_KEY: LOCAL_KEY, ...more };
    const child = startChild({
      name: `${part}-${name}`,
      args: ['--import', 'tsx', script],
      env,
      dataDir,
      cwd,
    });
    children.push(child);
    return child;
  };
  const database = `compare_${name}`;
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await admin`create database ${admin(database)}`;
  await admin.end();
  const memory = { LOCAL_STRIPE_PORT: '0', LOCAL_VIES_PORT: '0', LOCAL_STRIPE_MEMORY: '1' };
  const stripe = start('local-stripe', 'local-stripe/main.ts', memory);
  const [, port] = await stripe.waitForLine(/^\{"listening": ?(\d+)/, 60_000);
  const stripeUrl = `http://127.0.0.1:${port}`;
  const relay = await startCountingRelay(stripeUrl);
  const stop = async () => {
    for (const child of children.reverse()) await child.stop();
    await relay.stop();
  };
  tell(`${name}: making ${MERCHANTS} merchants`);
  try {
    const build = start('compare', CHILD, {
      DATABASE_URL: serverUrl.replace(/[^/]+$/, database),
      AUTH_SECRET,
      APP_URL: 'http://127.0.0.1:1',
      STRIPE_API_BASE: relay.url,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      LOG_LEVEL: 'warn',
      COMPARE_STRIPE: stripeUrl,
      COMPARE_MERCHANTS: String(MERCHANTS),
    });
    const [, ready] = await build.waitForLine(/^\{"ready": ?(\d+)/, 1_200_000);
    return { name, run: (job) => runJob(`http://127.0.0.1:${ready}/${job}`, relay.taken), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs a job once. @throws when it found anything: then the two did not do the same work */
async function runJob(url: string, taken: () => number): Promise<Run> {
  taken();
  const response = await fetch(url, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} failed: ${text}`);
  const { seconds, result } = JSON.parse(text);
  for (const what of ['missedEvents', 'repaired', 'ambiguous']) {
    if ((result[what] ?? 0) !== 0)
      throw new Error(`${url} found what nobody had missed: ${text.slice(0, 500)}`);
  }
  if ((result.merchants ?? MERCHANTS) !== MERCHANTS) throw new Error(`${url} compared ${result.merchants}`);
  return { requests: taken(), seconds };
}
