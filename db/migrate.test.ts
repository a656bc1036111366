import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as migrateAsBefore } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstMigrations, makeMigrations } from '@/testing/migrations';
import { type MigrationNews, migrate, NotMigrated, requireMigrated, TableInUse } from './migrate';
import { MIGRATIONS, readMigrations } from './migration-files';
import { BuildTooOld } from './migration-journal';
import { testDatabase } from './testing';

const BREAK = '--> statement-breakpoint\n';
const SOAK = process.env.SOAK === '1';

let database: Awaited<ReturnType<typeof testDatabase>>;
const removals: (() => void)[] = [];
beforeEach(async () => {
  database = await testDatabase({ empty: true });
});
afterEach(async () => {
  await database.close();
  for (const remove of removals.splice(0)) remove();
});

const folderOf = (...files: string[]) => {
  const made = makeMigrations(files);
  removals.push(made.remove);
  return made.folder;
};
const news: MigrationNews[] = [];
const tell = (one: MigrationNews) => void news.push(one);
beforeEach(() => void news.splice(0));

describe('one at a time, each whole', () => {
  test('three migrators at once: each migration runs once, and whoever waits says for whom', async () => {
    const folder = folderOf('create table a (n int)', 'insert into a values (1); select pg_sleep(0.6)');
    await Promise.all([1, 2, 3].map(() => migrate(database.url, { folder, tell, quietMs: 200 })));
    expect(await database.sql`select n from a`).toEqual([{ n: 1 }]);
    const waiting = news.filter(({ kind }) => kind === 'waiting');
    expect(waiting).toHaveLength(2);
    expect(waiting[0]).toMatchObject({ holder: { application: 'tierline migrator' } });
  });

  test('each is a transaction of its own: what fails takes nothing with it, and is tried again next time', async () => {
    const folder = folderOf('create table a (n int)', `create table b (n int);${BREAK}select 1 / 0`);
    await expect(migrate(database.url, { folder })).rejects.toThrow('division by zero');
    const [row] = await database.sql`select to_regclass('a') as a, to_regclass('b') as b`;
    expect(row).toEqual({ a: 'a', b: null });
    // The lock is free: nobody waits.
    await expect(migrate(database.url, { folder, tell, quietMs: 0 })).rejects.toThrow('division by zero');
    expect(news).toEqual([]);
  });

  test('one killed in the middle of a migration: the next one does it within seconds', async () => {
    await database.sql`create table patience (n int)`;
    const slow = `insert into patience values (1);${BREAK}select pg_sleep(60) where not exists (select from go)`;
    const folder = folderOf('create table go (n int)', slow);
    await killWhen(
      folder,
      `select from pg_stat_activity where query like 'select pg_sleep(60)%'
      and datname = current_database()`,
    );
    await database.sql`insert into go values (1)`;
    const started = Date.now();
    await migrate(database.url, { folder });
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(await database.sql`select n from patience`).toHaveLength(1);
  }, 30_000);
});

describe('tables in use', () => {
  test('a long reader: the migration steps back again and again, and no other reader waits for it', async () => {
    const folder = folderOf('create table a (n int)');
    await migrate(database.url, { folder });
    const two = folderOf('create table a (n int)', 'alter table a add column m int');
    const long = database.sql.begin((tx) => tx`select count(*), pg_sleep(1.5) from a`);
    await sleep(50);
    const readers = readAllTheTime(['a']);
    await migrate(database.url, { folder: two, tell });
    await long;
    const waits = await readers.stop();
    expect(waits.reads).toBeGreaterThan(20);
    expect(waits.longestMs).toBeLessThanOrEqual(200);
    const inUse = news.filter((one) => one.kind === 'table_in_use');
    expect(inUse.length).toBeGreaterThan(1);
    expect(inUse[0]?.holders.length).toBeGreaterThan(0);
  });

  test('one that is never free: it gives up in words that name who is in the way, and has changed nothing', async () => {
    const folder = folderOf('create table a (n int)');
    await migrate(database.url, { folder });
    const two = folderOf('create table a (n int)', 'alter table a add column m int');
    const done = new AbortController();
    const holder = postgres(database.url, { max: 1, connection: { application_name: 'a report' } });
    const holding = holder.begin(async (tx) => {
      await tx`select 1 from a`;
      await once(done.signal, 'abort');
    });
    await sleep(100);
    const failing = migrate(database.url, { folder: two, patienceMs: 400 });
    await expect(failing).rejects.toThrow(TableInUse);
    await expect(failing).rejects.toThrow('a report');
    done.abort();
    await holding;
    await holder.end();
    await migrate(database.url, { folder: two });
    expect(await database.sql`select m from a`).toEqual([]);
  });

  test('an index is built while the table is written to; one whose building was killed is built anew', async () => {
    const folder = folderOf(
      `create table a (n int);${BREAK}insert into a select generate_series(1, 1000)`,
      `-- the table first\nalter table a add column m int;${BREAK}create index concurrently "a_n" on a (n);${BREAK}create unique index concurrently "a_u" on a (n)`,
    );
    const done = new AbortController();
    const writing = database.sql.begin(async (tx) => {
      // Building waits for every transaction that began before it.
      await tx`select txid_current()`;
      await once(done.signal, 'abort');
    });
    await killWhen(
      folder,
      `select from pg_stat_activity
      where datname = current_database() and query like 'create index concurrently%'
        and wait_event_type = 'Lock'`,
    );
    await database.sql`insert into a values (1001)`;
    expect(await validIndexes()).toEqual({ a_n: false });
    await expect(requireMigrated(database.url, { folder })).rejects.toThrow(NotMigrated);
    done.abort();
    await writing;
    await migrate(database.url, { folder });
    expect(await validIndexes()).toEqual({ a_n: true, a_u: true });
    await requireMigrated(database.url, { folder });
  }, 30_000);
});

describe('builds and databases of different age', () => {
  test('past a migration marked contract, a build older than it names does not start; one without the mark bars nobody', async () => {
    const folder = folderOf(
      'create table a (n int)',
      '-- contract: 2.1.0\nalter table a drop column n',
      'select 1',
    );
    await migrate(database.url, { folder, build: '2.1.0' });
    const old = folderOf('create table a (n int)');
    for (const look of [migrate, requireMigrated])
      await expect(look(database.url, { folder: old, build: '2.0.9' })).rejects.toThrow(BuildTooOld);
    for (const look of [migrate, requireMigrated]) await look(database.url, { folder: old, build: '2.1.0' });
    await expect(migrate(database.url, { folder: old, build: '2.0.9' })).rejects.toThrow(
      'builds older than 2.1.0 cannot work with',
    );
  });

  test('MIGRATE=0: a database behind its build is told of, and left alone', async () => {
    await expect(requireMigrated(database.url)).rejects.toThrow('npm run db:migrate');
    expect(await database.sql`select to_regclass('merchants') as t`).toEqual([{ t: null }]);
  });

  test('a database that the migrator of before brought here goes on, and the migrator of before with ours', async () => {
    const before = firstMigrations(7);
    removals.push(before.remove);
    const sql = postgres(database.url, { max: 1, onnotice: () => {} });
    await migrateAsBefore(drizzle(sql), { migrationsFolder: before.folder });
    await migrate(database.url, { tell });
    const total = readMigrations().length;
    expect(news.filter(({ kind }) => kind === 'applied')).toHaveLength(total - 7);
    await migrateAsBefore(drizzle(sql), { migrationsFolder: MIGRATIONS });
    expect(await sql`select count(*)::int as n from drizzle.__drizzle_migrations where finished`).toEqual([
      { n: total },
    ]);
    await sql.end();
    const fresh = await testDatabase();
    expect(await shapeOf(database)).toEqual(await shapeOf(fresh));
    await fresh.close();
  });
});

test(`an upgrade of all there is, with ${SOAK ? '1 M' : '20,000'} audit rows: no reader waits for more than 200 ms`, async () => {
  const start = firstMigrations(1);
  removals.push(start.remove);
  await migrate(database.url, { folder: start.folder });
  await database.sql`
    insert into audit_log (id, actor_kind, actor_id, action, entity, entity_id, at)
    select 'aud_' || n, 'user', 'usr_' || n % 50, 'subscription.changed', 'subscription', 'sub_' || n,
      now() - n * interval '1 minute'
    from generate_series(1, ${SOAK ? 1_000_000 : 20_000}::int) n`;
  const readers = readAllTheTime([
    'audit_log',
    'subscriptions',
    'webhook_events',
    'store_add_ons',
    'job_runs',
  ]);
  await migrate(database.url, { tell });
  const waits = await readers.stop();
  for (const one of news)
    if (one.kind === 'applied' && one.ms > 100) process.stdout.write(`${one.migration}: ${one.ms} ms\n`);
  process.stdout.write(`longest wait of a reader: ${waits.longestMs} ms in ${waits.reads} reads\n`);
  expect(waits.reads).toBeGreaterThan(10);
  expect(waits.longestMs).toBeLessThanOrEqual(200);
}, 300_000);

/** Reads these tables from four sessions until told to stop. The server itself says how long each waited for its lock. */
function readAllTheTime(tables: string[]) {
  const sql = postgres(database.url, { max: 4, onnotice: () => {} });
  let stopped = false;
  let [reads, longestMs] = [0, 0];
  const reading = [0, 1, 2, 3].map(async (first) => {
    for (let turn = first; !stopped; turn++) {
      const table = tables[turn % tables.length] ?? '';
      const [row] = await sql.unsafe<{ ms: number }[]>(
        `select round(extract(epoch from clock_timestamp() - statement_timestamp()) * 1000)::int as ms
         from (select count(*) from (select from ${table} limit 1) one) seen`,
      );
      reads++;
      longestMs = Math.max(longestMs, row?.ms ?? 0);
      await sleep(2);
    }
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(reading);
      await sql.end();
      return { reads, longestMs };
    },
  };
}

/** Starts a migrator in a process of its own and kills it once the query finds a row. */
async function killWhen(folder: string, query: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'testing/migrate-child.ts', database.url, folder],
    {
      stdio: 'ignore',
    },
  );
  while ((await database.sql.unsafe(query)).length === 0) {
    if (child.exitCode !== null) throw new Error(`the migrator ended by itself: ${child.exitCode}`);
    await sleep(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function validIndexes(): Promise<Record<string, boolean>> {
  const rows = await database.sql<{ name: string; valid: boolean }[]>`
    select indexrelid::regclass::text as name, indisvalid as valid from pg_index
    where indrelid = 'a'::regclass order by 1`;
  return Object.fromEntries(rows.map(({ name, valid }) => [name, valid]));
}

async function shapeOf({ sql }: { sql: postgres.Sql }): Promise<unknown> {
  const columns = await sql`
    select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
    where table_schema = 'public' order by 1, 2`;
  const indexes = await sql`select indexdef from pg_indexes where schemaname = 'public' order by 1`;
  return { columns: [...columns], indexes: [...indexes] };
}
