import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, runMigrations } from 'graphile-worker';
import postgres from 'postgres';
import { findPrimary } from './hosts';
import { type MigrationFile, readMigrations, withoutComments } from './migration-files';
import {
  type Applied,
  BUILD,
  missing,
  prepareJournal,
  readJournal,
  requireNewEnough,
} from './migration-journal';
import { isTransactionPooler, TransactionPooler } from './pooler';

/** The key of the lock that lets one process migrate while the others wait. */
const MIGRATION_LOCK = 7_421_001;

/**
 * How long a migration waits for a table before it steps back: while it waits, whoever comes after it waits too, readers
 * included.
 */
const LOCK_TIMEOUT_MS = 80;

/** A session that is in the way: of whom, and for how long its transaction has been open. */
export type Holder = { pid: number; application: string; seconds: number };

/** What a migrator tells while it works; words are its caller's. */
export type MigrationNews =
  | { kind: 'waiting'; holder: Holder | null }
  | { kind: 'table_in_use'; migration: string; attempt: number; holders: Holder[] }
  | { kind: 'applied'; migration: string; ms: number };

export type MigrateOptions = {
  folder?: string;
  build?: string;
  tell?: (news: MigrationNews) => void;
  /** For how long a table in use is asked for again. Default ten minutes. */
  patienceMs?: number;
  /** After how long it tells that another migrates. Default five seconds. */
  quietMs?: number;
};

/** A table that a migration needs was in use for longer than it may wait. Nothing of that migration is applied. */
export class TableInUse extends Error {
  override name = 'TableInUse';
  constructor(migration: string, holders: Holder[]) {
    const who = holders.map(
      ({ pid, application, seconds }) => `${pid} (${application || 'no name'}, ${seconds} s)`,
    );
    super(
      `Migration ${migration} did not get the table it changes: it is in use. Long transactions: ${who.join(', ') || 'none seen'}. End them, or run it again at a quieter time.`,
    );
  }
}

/** The database lacks migrations, and this process was told not to run them. */
export class NotMigrated extends Error {
  override name = 'NotMigrated';
  constructor(count: number) {
    super(`The database lacks ${count} migrations, and MIGRATE is 0: npm run db:migrate`);
  }
}

/**
 * Brings the database to the newest migration, the worker's own tables included. Each migration is one
 * transaction; indexes that are built concurrently follow it. Safe to call from several processes at once, again, and
 * after one was killed. The address must lead to a session of one's own: no transaction pooler.
 * @throws BuildTooOld, TableInUse, TransactionPooler
 */
export async function migrate(address: string, options: MigrateOptions = {}): Promise<void> {
  const url = await findPrimary(address);
  if (await isTransactionPooler(url)) throw new TransactionPooler('Migrations');
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    idle_timeout: 0,
    max_lifetime: null,
    connection: { application_name: 'tierline migrator' },
  });
  try {
    await prepareSession(sql);
    await takeTurn(sql, options);
    await prepareJournal(sql);
    const applied = await readJournal(sql);
    requireNewEnough(applied, options.build ?? BUILD);
    for (const file of missing(readMigrations(options.folder), applied)) {
      const started = performance.now();
      if (!applied.some(({ at }) => at === file.at)) await runPatiently(sql, file, options);
      await finishConcurrently(sql, file);
      options.tell?.({ kind: 'applied', migration: file.name, ms: Math.round(performance.now() - started) });
    }
    await runMigrations({ connectionString: url, logger: new Logger(() => () => {}) });
  } finally {
    await sql`select pg_advisory_unlock_all()`.catch(() => {});
    await sql.end({ timeout: 5 });
  }
}

/**
 * For a process that leaves migrating to others (`MIGRATE=0`): looks only.
 * @throws NotMigrated, BuildTooOld
 */
export async function requireMigrated(address: string, options: MigrateOptions = {}): Promise<void> {
  const sql = postgres(await findPrimary(address), { max: 1, onnotice: () => {}, prepare: false });
  try {
    const applied: Applied[] = await readJournal(sql);
    requireNewEnough(applied, options.build ?? BUILD);
    const lacking = missing(readMigrations(options.folder), applied);
    if (lacking.length > 0) throw new NotMigrated(lacking.length);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The role's bounds are for requests; and a server that looks whether we still live lets go of a killed migrator's locks. */
async function prepareSession(sql: postgres.Sql): Promise<void> {
  await sql`set statement_timeout = 0`;
  await sql`set idle_in_transaction_session_timeout = 0`;
  await sql`set lock_timeout = 0`;
  // Not every server's system can look.
  await sql`set client_connection_check_interval = '1s'`.catch((error: unknown) => {
    if (!(error instanceof postgres.PostgresError && error.code === '22023')) throw error;
  });
}

/** Asks again and again rather than waiting in the server: a waiting statement would hold up indexes built concurrently. */
async function takeTurn(sql: postgres.Sql, { tell, quietMs = 5_000 }: MigrateOptions): Promise<void> {
  const started = Date.now();
  let told = false;
  while (!(await holdsTurn(sql))) {
    if (!told && Date.now() - started >= quietMs) {
      told = true;
      tell?.({ kind: 'waiting', holder: await findHolder(sql) });
    }
    await sleep(100);
  }
}

/** Takes the lock once more, which its holder always can: a session that was lost and replaced unnoticed cannot. */
async function holdsTurn(sql: postgres.ISql): Promise<boolean> {
  const [row] = await sql<{ held: boolean }[]>`select pg_try_advisory_lock(${MIGRATION_LOCK}) as held`;
  return row?.held === true;
}

async function findHolder(sql: postgres.Sql): Promise<Holder | null> {
  const [holder] = await sql<Holder[]>`
    select a.pid, coalesce(a.application_name, '') as application,
      extract(epoch from now() - a.backend_start)::int as seconds
    from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objid = ${MIGRATION_LOCK}
      and l.database = (select oid from pg_database where datname = current_database())`;
  return holder ?? null;
}

async function runPatiently(sql: postgres.Sql, file: MigrationFile, options: MigrateOptions): Promise<void> {
  const deadline = Date.now() + (options.patienceMs ?? 600_000);
  for (let attempt = 1; ; attempt++) {
    try {
      return await runAtOnce(sql, file);
    } catch (error) {
      if (!isLockFailure(error)) throw error;
      const holders = await listLongTransactions(sql);
      if (Date.now() >= deadline) throw new TableInUse(file.name, holders);
      options.tell?.({ kind: 'table_in_use', migration: file.name, attempt, holders });
      // Those who queued behind it go first, and longer each time; never quite at the same beat as a job.
      await sleep(Math.min(5_000, 200 * 1.5 ** attempt) * (0.75 + Math.random() / 2));
    }
  }
}

async function runAtOnce(sql: postgres.Sql, file: MigrationFile): Promise<void> {
  await sql.begin(async (tx) => {
    if (!(await holdsTurn(tx)))
      throw new Error(`migration ${file.name}: the connection was lost, another migrates now`);
    await tx`select set_config('lock_timeout', ${`${LOCK_TIMEOUT_MS}ms`}, true)`;
    for (const statement of file.atOnce) await tx.unsafe(statement);
    await tx`
      insert into drizzle.__drizzle_migrations (hash, created_at, name, contract, finished)
      values (${file.hash}, ${file.at}, ${file.name}, ${file.contract}, ${file.concurrent.length === 0})`;
  });
}

/** Lock not had in time, or a deadlock that the server broke. */
const isLockFailure = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && (error.code === '55P03' || error.code === '40P01');

async function listLongTransactions(sql: postgres.Sql): Promise<Holder[]> {
  return sql<Holder[]>`
    select pid, coalesce(nullif(application_name, ''), backend_type) as application,
      extract(epoch from now() - xact_start)::int as seconds
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and xact_start < now() - ${`${LOCK_TIMEOUT_MS}ms`}::interval
    order by xact_start limit 3`;
}

/** Builds what is missing of a migration's concurrent indexes. One that was interrupted is left invalid: it is made anew. */
async function finishConcurrently(sql: postgres.Sql, file: MigrationFile): Promise<void> {
  if (file.concurrent.length === 0) return;
  for (const statement of file.concurrent) {
    if (!(await holdsTurn(sql)))
      throw new Error(`migration ${file.name}: the connection was lost, another migrates now`);
    const { verb, index } = readIndexStatement(statement);
    const [there] = await sql<{ valid: boolean }[]>`
      select indisvalid as valid from pg_index where indexrelid = to_regclass(${`"${index}"`})`;
    if (verb === 'drop' ? !there : there?.valid) continue;
    if (verb === 'create' && there) await sql.unsafe(`drop index concurrently "${index}"`);
    await sql.unsafe(statement);
  }
  await sql`update drizzle.__drizzle_migrations set finished = true where created_at = ${file.at}`;
}

/** @throws when the statement names no index */
export function readIndexStatement(statement: string): { verb: 'create' | 'drop'; index: string } {
  const match =
    /^(create|drop)(?: unique)? index concurrently (?:if (?:not )?exists )?"?([a-z0-9_]+)"?/i.exec(
      withoutComments(statement),
    );
  if (!match?.[1] || !match[2])
    throw new Error(`an index without a name cannot be built again: ${statement}`);
  return { verb: match[1].toLowerCase() as 'create' | 'drop', index: match[2] };
}
