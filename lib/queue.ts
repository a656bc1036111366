import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';

/** The waits grow to six hours: that is four days, through a weekend without a mail server. */
const MOST_TRIES = 24;

/**
 * Queues work for the worker, in the caller's transaction: it runs only if that commits. With a `key`, a job of the same
 * key that has not started is replaced rather than doubled. Jobs of one `queue` run one at a time.
 */
export async function enqueue(
  db: Db,
  task: string,
  payload: Record<string, unknown>,
  options: { key?: string; runAt?: Date; maxAttempts?: number; queue?: string } = {},
): Promise<void> {
  await db.execute(sql`
    select graphile_worker.add_job(
      ${task}, ${JSON.stringify(payload)}::json,
      queue_name := ${options.queue ?? null}::text,
      run_at := ${options.runAt?.toISOString() ?? null}::timestamptz,
      max_attempts := ${options.maxAttempts ?? MOST_TRIES}::int,
      job_key := ${options.key ?? null}::text
    )`);
}
