import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '@/db/testing';
import { type Child, startChild } from '@/scripts/children';
import { makeTemporaryDataDir } from '@/scripts/temporary';
import { askToCheck } from './billing/vat-queue';
import { jobs } from './jobs';
import { checkWorker } from './worker-check';

/* Workers as they run in production: processes of their own, ended by force and by a signal. */
let database: Awaited<ReturnType<typeof testDatabase>>;
let dataDir: Awaited<ReturnType<typeof makeTemporaryDataDir>>;
beforeAll(async () => {
  database = await testDatabase();
  dataDir = await makeTemporaryDataDir('worker', { guarded: true });
});
afterAll(async () => {
  await database.close();
  dataDir.remove();
});

const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_ENV: 'production',
  DATABASE_URL: database.url,
  DATABASE_DIRECT_URL: '',
  APP_URL: 'https://shop.example',
  AUTH_SECRET: 'x'.repeat(32),
  STRIPE_SECRET_KEY: '',
  ...more,
});

/** What process 1 of the namespace is outside of it. */
const firstChildOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

async function startWorkerProcess(more: Record<string, string> = {}): Promise<Child> {
  const child = startChild({
    name: 'worker',
    args: ['--import', 'tsx', 'scripts/worker.ts'],
    dataDir: dataDir.path,
    env: environment(more),
  });
  await child.waitForLine(/worker started/, 30_000);
  return child;
}

const until = async (what: () => Promise<boolean>, ms = 20_000): Promise<number> => {
  const started = Date.now();
  while (!(await what())) {
    if (Date.now() - started > ms) throw new Error('it did not come about');
    await sleep(50);
  }
  return Date.now() - started;
};
const locked = async () =>
  (await database.sql`select from graphile_worker.jobs where locked_at is not null`).length > 0;

async function queueMail(id: string): Promise<void> {
  await database.db.execute(sql`
    insert into emails (id, template, recipient, locale, data, dedupe_key, at)
    values (${id}, 'payment_failed', 'ada@shop.example', 'en', '{"amount": 9900, "currency": "EUR"}', ${id}, now())`);
  await database.db.execute(
    sql`select graphile_worker.add_job('send_email', json_build_object('id', ${id}::text), max_attempts := 1)`,
  );
}

describe('a worker that is killed in a job', () => {
  test('its job is free within seconds, is not counted as tried, and another does it', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const mails: string[] = [];
    const post = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        stream.on('data', (part: Buffer) => mails.push(part.toString()));
        stream.on('end', () => done());
      },
    });
    const onPost = post.listen(0, '127.0.0.1');
    await once(onPost, 'listening');
    const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;

    const first = await startWorkerProcess({ SMTP_URL: `smtp://127.0.0.1:${portOf(silent)}` });
    await queueMail('eml_1');
    await until(locked);
    const second = await startWorkerProcess({ SMTP_URL: `smtp://127.0.0.1:${portOf(onPost)}` });
    // A living worker keeps its job, however long it takes.
    await sleep(9_000);
    expect(await locked()).toBe(true);
    process.kill(first.process.pid, 'SIGKILL');
    const took = await until(async () => mails.length > 0);
    expect(took).toBeLessThan(12_000);
    await until(async () => !(await locked()));
    expect(await database.sql`select status from emails where id = 'eml_1'`).toEqual([{ status: 'sent' }]);
    expect(await checkWorker(database.db)).toMatchObject({ status: 'ok', long_running: [], missed: [] });
    await second.stop();
    silent.close();
    await new Promise<void>((done) => post.close(() => done()));
  }, 60_000);
});

describe('a worker that is told to end', () => {
  test('as process 1 of a container, by npm: it ends its job first', async () => {
    let delivered = 0;
    const slow = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        stream.resume().on('end', () =>
          setTimeout(() => {
            delivered++;
            done();
          }, 2_000),
        );
      },
    });
    const onPost = slow.listen(0, '127.0.0.1');
    await once(onPost, 'listening');
    const port = (onPost.address() as { port: number }).port;
    // Where process namespaces are denied, npm is told as any process is.
    const inContainer = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
    const prefix = inContainer ? ['unshare', '--pid', '--fork', '--kill-child'] : [];
    const [program = '', ...args] = [...prefix, 'npm', 'run', '-s', 'worker'];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment({ SMTP_URL: `smtp://127.0.0.1:${port}` }),
    });
    await until(async () => String(child.stdout.read() ?? '').includes('worker started'));
    await queueMail('eml_2');
    await until(locked);
    const first = inContainer ? firstChildOf(child.pid ?? 0) : (child.pid ?? 0);
    process.kill(first, 'SIGTERM');
    const [code] = await once(child, 'exit');
    expect({ code, delivered }).toEqual({ code: 0, delivered: 1 });
    expect(await database.sql`select status from emails where id = 'eml_2'`).toEqual([{ status: 'sent' }]);
    expect(await locked()).toBe(false);
    await new Promise<void>((done) => slow.close(() => done()));
  }, 60_000);
});

describe('a VIES that is silent', () => {
  test('about six member states leaves half of the worker to other work', async () => {
    let asked = 0;
    const silent = createServer(() => {
      asked++;
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const mails: string[] = [];
    const post = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        mails.push('one');
        stream.resume().on('end', () => done());
      },
    });
    const onPost = post.listen(0, '127.0.0.1');
    await once(onPost, 'listening');
    const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;
    const worker = await startWorkerProcess({
      VIES_URL: `http://127.0.0.1:${portOf(silent)}`,
      SMTP_URL: `smtp://127.0.0.1:${portOf(onPost)}`,
    });
    const numbers = [
      'DE312473943',
      'FR24831240437',
      'ATU73127396',
      'IT00743110157',
      'NL004495445B01',
      'BE0403170701',
    ];
    for (const number of numbers) {
      const merchantId = `mer_${number}`;
      await database.sql`insert into merchants (id, name, email) values (${merchantId}, 'Shop', 'a@shop.example')`;
      await database.sql`
        insert into customers (merchant_id, vat_number, vat_status, vat_next_check_at)
        values (${merchantId}, ${number}, 'pending', now() - interval '1 minute')`;
      await database.db.transaction((tx) => askToCheck(tx, merchantId, number));
    }
    await until(async () => asked >= 2);
    await sleep(1_000);
    await queueMail('eml_3');
    expect(await until(async () => mails.length > 0)).toBeLessThan(2_000);
    expect(asked).toBe(2);
    process.kill(worker.process.pid, 'SIGKILL');
    silent.close();
    await new Promise<void>((done) => post.close(() => done()));
  }, 60_000);
});

describe('schedules', () => {
  test('what passed while nothing ran is made up once, however long that was', async () => {
    for (const { name } of jobs)
      await database.sql`
        insert into graphile_worker._private_known_crontabs as known (identifier, known_since, last_execution)
        values (${name}, now() - interval '30 days', now() - interval '20 days')
        on conflict (identifier) do update set known_since = excluded.known_since, last_execution = excluded.last_execution`;
    await database.sql`delete from job_runs`;
    expect((await checkWorker(database.db)).missed).toContain('reset_period_counters');
    const worker = await startWorkerProcess();
    const runs = () => database.sql<{ job: string; n: number }[]>`
      select job, count(*)::int as n from job_runs where job <> 'retry_webhook_events' and outcome is not null
      group by job order by job`;
    await until(async () => (await runs()).length >= 8);
    await sleep(500);
    const made = await runs();
    expect(made.map(({ job }) => job)).toContain('cleanup_stale_subscriptions');
    expect(made.filter(({ n }) => n !== 1)).toEqual([]);
    // What runs each minute is not made up: its next moment comes first.
    const { missed } = await checkWorker(database.db);
    expect(missed.filter((name) => name !== 'retry_webhook_events')).toEqual([]);
    await worker.stop();
  }, 60_000);
});
