import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { findStripe } from './stripe/client';

export type Check = { status: 'ok' | 'down' | 'not_configured'; detail?: string; lag_seconds?: number };
export type Health = {
  status: 'ok' | 'degraded' | 'down';
  checks: { database: Check; stripe: Check; worker: Check };
};

/** Queued work older than this means that no worker takes it. */
const MAX_LAG_S = 180;
const STRIPE_CACHE_MS = 30_000;

const kept = globalThis as unknown as { tierlineStripeCheck?: { at: number; check: Check } };

/**
 * How the installation is. `down` when the database or the worker is; `degraded` when only Stripe is, without which
 * everything but paying works. Unconfigured Stripe is not down. Stripe's answer is kept for 30 seconds.
 */
export async function checkHealth(db: Db): Promise<Health> {
  const [databaseCheck, stripe] = await Promise.all([checkDatabase(db), checkStripe()]);
  const worker: Check =
    databaseCheck.status === 'ok'
      ? await checkWorker(db)
      : { status: 'down', detail: 'the database is down' };
  const checks = { database: databaseCheck, stripe, worker };
  const broken = databaseCheck.status === 'down' || worker.status === 'down';
  return { status: broken ? 'down' : stripe.status === 'down' ? 'degraded' : 'ok', checks };
}

async function checkDatabase(db: Db): Promise<Check> {
  try {
    await db.execute(sql`select 1`);
    return { status: 'ok' };
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message : String(error) };
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

/** Whether queued work is taken. `down` when the oldest that is due waits for more than three minutes. */
export async function checkWorker(db: Db): Promise<Check> {
  const [row] = await db.execute<{ lag: string | null }>(sql`
    select extract(epoch from now() - min(run_at)) as lag
    from graphile_worker.jobs where locked_at is null and attempts < max_attempts and run_at < now()`);
  const lag = Math.max(0, Math.round(Number(row?.lag ?? 0)));
  return lag > MAX_LAG_S
    ? { status: 'down', detail: 'queued work is not taken', lag_seconds: lag }
    : { status: 'ok', lag_seconds: lag };
}
