import postgres from 'postgres';
import { hostsOf } from '@/db/hosts';
import { log } from './log';

/** The class of the advisory locks that say "this worker lives"; the second key is the hash of its name. */
const CLASS = 7_421_002;

/** How often dead workers are looked for. Who is missing twice is dead: a session that was lost is back by then. */
const LOOK_MS = 4_000;

/** A job that was cut off is begun again so often; one that kills its worker each time must end. */
const MOST_CUTS = 5;

export type WorkerLives = {
  /** Holds a lock for this worker from now on. */
  add(workerId: string): void;
  /** Whether the job is still this worker's, asked once its lock is held: from then on nobody takes it away. */
  owns(workerId: string, jobId: string): Promise<boolean>;
  /** Those of before are no more: what they had not ended is free. */
  forget(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Keeps, in a session of its own, a lock for each worker of this process, and gives the jobs of workers that nobody holds a
 * lock for back to the queue: graphile-worker itself waits four hours. A job's run that was cut off does not count as a try.
 * `url` must lead to a session of one's own (db/pooler.ts).
 */
export function keepWorkerLives(url: string): WorkerLives {
  const sql = postgres(url, {
    ...(hostsOf(url).length > 1 && { target_session_attrs: 'primary' as const }),
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    keep_alive: 10,
    onnotice: () => {},
    connection: { application_name: 'tierline worker lives' },
  });
  const own = new Map<string, Promise<void>>();
  let missing = new Set<string>();
  let stopped = false;

  const look = async () => {
    await holdAll(sql, [...own.keys()]);
    const dead = await listDead(sql);
    const sure = dead.filter((id) => missing.has(id));
    missing = new Set(dead);
    if (sure.length > 0) await freeJobs(sql, sure);
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => {
      if (!stopped) log.warn({ err: error }, 'dead workers could not be looked for');
    });
  }, LOOK_MS);
  timer.unref();

  return {
    add(workerId) {
      own.set(workerId, holdAll(sql, [workerId]));
      own.get(workerId)?.catch(() => {});
    },
    async owns(workerId, jobId) {
      // The first try may have failed while the database was away: then it is held by now, or this fails too.
      await own.get(workerId)?.catch(() => holdAll(sql, [workerId]));
      const [row] = await sql`
        select from graphile_worker.jobs where id = ${jobId}::bigint and locked_by = ${workerId}`;
      return row !== undefined;
    },
    async forget() {
      own.clear();
      await sql`select pg_advisory_unlock_all()`;
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      await sql.end({ timeout: 5 });
    },
  };
}

/** Takes the locks that this session does not hold: all of them when the session is a new one. */
async function holdAll(sql: postgres.Sql, workerIds: string[]): Promise<void> {
  if (workerIds.length === 0) return;
  await sql`
    select pg_try_advisory_lock(${CLASS}, hashtext(id)) from unnest(${workerIds}::text[]) id
    where not exists (select from pg_locks
      where pid = pg_backend_pid() and locktype = 'advisory' and classid = ${CLASS}
        and objid = (hashtext(id)::bigint & 4294967295)::oid)`;
}

/** Workers that hold jobs and no lock. */
async function listDead(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select distinct locked_by as id from graphile_worker.jobs j
    where locked_by is not null and not exists (select from pg_locks
      where locktype = 'advisory' and granted and classid = ${CLASS}
        and database = (select oid from pg_database where datname = current_database())
        and objid = (hashtext(j.locked_by)::bigint & 4294967295)::oid)`;
  return rows.map(({ id }) => id);
}

async function freeJobs(sql: postgres.Sql, workerIds: string[]): Promise<void> {
  const jobs = await sql.begin(async (tx) => {
    const cut = await tx<{ id: string; task: string; attempts: number; since: Date }[]>`
      select id::text, task_identifier as task, attempts, locked_at as since from graphile_worker.jobs
      where locked_by = any(${workerIds}::text[])`;
    await tx`select graphile_worker.force_unlock_workers(${workerIds}::text[])`;
    await tx`
      select graphile_worker.reschedule_jobs(array[id], max_attempts := attempts + 1) from graphile_worker.jobs
      where id = any(${cut.map(({ id }) => id)}::bigint[]) and attempts >= max_attempts and attempts < ${MOST_CUTS}`;
    for (const { task, since } of cut) {
      await tx`
        update job_runs set outcome = 'failed', error_code = 'interrupted', error_details = '{}', finished_at = now()
        where job = ${task} and outcome is null
          and started_at between ${since} and ${since}::timestamptz + interval '30 seconds'`;
    }
    return cut;
  });
  for (const { id, task } of jobs) log.warn({ job: id, task }, 'a worker died in this job: it is free again');
}
