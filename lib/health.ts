import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { BUILD } from '@/db/migration-journal';
import { isLeaving } from './leaving';
import { findStripe } from './stripe/client';
import { checkWorker, type WorkerCheck } from './worker-check';

export type Check = { status: 'ok' | 'down' | 'not_configured'; detail?: string };
type Answer = { version: string; timestamp: string };
export type Health = Answer & {
  status: 'ok' | 'degraded' | 'down';
  checks: { database: Check; stripe: Check; worker: WorkerCheck | { status: 'unknown' } };
};
export type Readiness = Answer & { status: 'ok' | 'down' | 'leaving'; checks: { database: Check } };

/** How long the database may take to answer before it counts as down. */
const PATIENCE_MS = 2_000;
const STRIPE_CACHE_MS = 30_000;

const kept = globalThis as unknown as { tierlineStripeCheck?: { at: number; check: Check } };

const answer = (): Answer => ({ version: BUILD, timestamp: new Date().toISOString() });

/**
 * How the installation is, for people. `down` when the database is; `degraded` when Stripe is, without which everything but
 * paying works, or when workers are late. Unconfigured Stripe is not down. Stripe's answer is kept for 30 seconds.
 */
export async function checkHealth(db: Db): Promise<Health> {
  const [database, stripe] = await Promise.all([checkDatabase(db), checkStripe()]);
  const worker =
    database.status === 'ok'
      ? await inTime(checkWorker(db)).catch(() => ({ status: 'unknown' as const }))
      : { status: 'unknown' as const };
  const well = stripe.status !== 'down' && worker.status === 'ok';
  const status = database.status === 'down' ? 'down' : well ? 'ok' : 'degraded';
  return { status, ...answer(), checks: { database, stripe, worker } };
}

/** Whether this process may be sent requests: its database answers within two seconds, and it is not about to leave. */
export async function checkReady(db: Db): Promise<Readiness> {
  const database = await checkDatabase(db);
  const status = isLeaving() ? 'leaving' : database.status === 'ok' ? 'ok' : 'down';
  return { status, ...answer(), checks: { database } };
}

/** Whether this process runs at all: it needs nothing for that. */
export const checkLive = (): Answer & { status: 'ok' } => ({ status: 'ok', ...answer() });

async function checkDatabase(db: Db): Promise<Check> {
  try {
    await inTime(db.execute(sql`select 1`));
    return { status: 'ok' };
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message : String(error) };
  }
}

async function inTime<T>(work: PromiseLike<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the database did not answer within ${PATIENCE_MS / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}

async function checkStripe(): Promise<Check> {
  const stripe = findStripe();
  if (!stripe) return { status: 'not_configured' };
  const cached = kept.tierlineStripeCheck;
  if (cached && Date.now() - cached.at < STRIPE_CACHE_MS) return cached.check;
  const check = await stripe.balance
    .retrieve({}, { timeout: 3000, maxNetworkRetries: 0 })
    .then((): Check => ({ status: 'ok' }))
    .catch(
      (error: unknown): Check => ({
        status: 'down',
        detail: error instanceof Error ? error.message : String(error),
      }),
    );
  kept.tierlineStripeCheck = { at: Date.now(), check };
  return check;
}
