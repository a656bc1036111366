import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type Runner, run, type Task, type TaskList, type WorkerEvents } from 'graphile-worker';
import { isTransactionPooler, TransactionPooler } from '@/db/pooler';
import { openQueuePool } from '@/db/queue-pool';
import { database } from './database';
import { directUrl } from './env';
import { contextOf, type Job, type JobContext, jobs, PATIENCE_MS, runJob, tasks } from './jobs';
import { log } from './log';
import { withPatience } from './stripe/client';
import { businessNow } from './time';
import { keepWorkerLives, type WorkerLives } from './worker-lives';

/** Taken in the moment before our lock was held, and thought dead by another worker: the job is theirs now. */
class JobTaken extends Error {
  override name = 'JobTaken';
  constructor(id: string) {
    super(`job ${id} was given to another worker`);
  }
}

export type RunningWorker = {
  /** Takes no further job; resolves when those that run have ended. */
  stop(): Promise<void>;
};

/** How long is waited before a runner that ended by itself is replaced: it does when the database goes away at a bad moment. */
const AGAIN_AFTER_MS = 2_000;

/**
 * Starts the worker of this process: queued work and the schedules. Several may run on one database. It needs a session of
 * its own (`DATABASE_DIRECT_URL`): it listens, and holds a lock that says that it lives. What a schedule missed while no worker
 * ran is made up once.
 * @throws TransactionPooler
 */
export async function startWorker(): Promise<RunningWorker> {
  const db = database();
  const url = directUrl();
  if (await isTransactionPooler(url)) throw new TransactionPooler('The worker');
  const lives = keepWorkerLives(url);
  const events: WorkerEvents = new EventEmitter();
  events.on('worker:create', ({ worker }) => lives.add(worker.workerId));
  const own = (run: (payload: unknown, context: JobContext) => Promise<unknown>): Task => {
    return async (payload, { job }) => {
      if (job.locked_by !== null && !(await lives.owns(job.locked_by, job.id))) throw new JobTaken(job.id);
      await run(payload, { ...contextOf(), now: await businessNow(db) });
    };
  };
  const taskList: TaskList = {};
  for (const job of jobs) taskList[job.name] = own((_, context) => runJob(db, job, context, 'schedule'));
  for (const [name, task] of Object.entries(tasks)) {
    taskList[name] = own((payload, context) => withPatience(PATIENCE_MS, () => task(db, payload, context)));
  }
  const pgPool = openQueuePool(url, 6);
  const open = (): Promise<Runner> =>
    run({
      pgPool,
      taskList,
      events,
      crontab: jobs.map(crontabOf).join('\n'),
      concurrency: 4,
      noHandleSignals: true,
      logger: new Logger(() => (level, message) => {
        if (level === 'error') log.error(message);
        else if (level === 'warning') log.warn(message);
      }),
    });
  const kept = await keepRunning(open, lives);
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await kept.stop();
    await lives.stop();
    await pgPool.end();
  };
  return {
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Replaces a runner that ends by itself by another, until told to stop. @throws what keeps the first one from starting */
async function keepRunning(open: () => Promise<Runner>, lives: WorkerLives): Promise<RunningWorker> {
  const told = new AbortController();
  let runner: Runner | null = await open();
  const work = (async () => {
    while (!told.signal.aborted) {
      await runner?.promise.catch((error: unknown) =>
        log.error({ err: error }, 'the worker ended by itself'),
      );
      if (told.signal.aborted) return;
      runner = null;
      await lives.forget().catch(() => {});
      await sleep(AGAIN_AFTER_MS, undefined, { signal: told.signal }).catch(() => {});
      if (told.signal.aborted) return;
      runner = await open().catch((error: unknown) => {
        log.error({ err: error }, 'the worker cannot start again yet');
        return null;
      });
    }
  })();
  return {
    async stop() {
      told.abort();
      await runner?.stop().catch(() => {});
      await work;
      // One that was just being opened as it was told.
      await runner?.stop().catch(() => {});
    },
  };
}

/** One run is made up of those missed in the last interval: the newest. What runs each minute needs none. */
const FILL = { minute: '', hour: '&fill=1h', day: '&fill=1d', week: '&fill=1w' };

const crontabOf = (job: Job): string => `${job.cron} ${job.name} ?max=1${FILL[job.every]}`;
