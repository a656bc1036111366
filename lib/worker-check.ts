import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { previousRun } from './cron-times';
import { jobs } from './jobs';

/** What is said of the workers, wherever they run. `late` takes no app out: what people ask is answered all the same. */
export type WorkerCheck = {
  status: 'ok' | 'late';
  /** For how long the oldest job that is due has waited. */
  lag_seconds: number;
  /** Jobs that have been worked on for longer than any should take. */
  long_running: { task: string; minutes: number }[];
  /** Schedules whose last moment passed without a run being queued. */
  missed: string[];
};

/** Queued work older than this means that no worker takes it. */
const MAX_LAG_S = 180;
const LONG_MINUTES = 60;
/** A schedule is missed only when a worker had the time to queue it. */
const MISSED_AFTER_MS = 5 * 60_000;

/** Whether queued work is taken, ends, and schedules are kept. Real time: the queue knows no other. */
export async function checkWorker(db: Db): Promise<WorkerCheck> {
  const [row] = await db.execute<{ lag: string | null }>(sql`
    select extract(epoch from now() - min(run_at)) as lag
    from graphile_worker.jobs where locked_at is null and attempts < max_attempts and run_at < now()`);
  const long = await db.execute<{ task: string; minutes: number }>(sql`
    select task_identifier as task, (extract(epoch from now() - locked_at) / 60)::int as minutes
    from graphile_worker.jobs where locked_at < now() - make_interval(mins => ${LONG_MINUTES}) order by locked_at limit 5`);
  const known = await db.execute<{ name: string; at: string }>(sql`
    select identifier as name, coalesce(last_execution, known_since)::text as at
    from graphile_worker._private_known_crontabs`);
  const lag = Math.max(0, Math.round(Number(row?.lag ?? 0)));
  const before = new Date(Date.now() - MISSED_AFTER_MS);
  const missed = jobs
    .filter(({ name, cron }) => {
      const last = known.find((one) => one.name === name);
      return last !== undefined && new Date(last.at) < previousRun(cron, before);
    })
    .map(({ name }) => name);
  const late = lag > MAX_LAG_S || long.length > 0 || missed.length > 0;
  return { status: late ? 'late' : 'ok', lag_seconds: lag, long_running: [...long], missed };
}
