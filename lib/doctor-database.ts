import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readMigrations } from '@/db/migration-files';
import { type Applied, BuildTooOld, missing, requireNewEnough } from '@/db/migration-journal';
import { isTransactionPooler } from '@/db/pooler';
import { causeOf, type Finding, found, type Patient } from './doctor-findings';
import { directUrl } from './env';

/** PostgreSQL 15 is the oldest that the migrations are made for. */
const OLDEST = 150_000;

/** Whether the database can be spoken to, and how the way to it is. False = nothing more can be looked at. */
export async function examineDatabase(patient: Patient, findings: Finding[]): Promise<boolean> {
  const { db } = patient;
  try {
    const [row] = await db.execute<{ version: string; number: number }>(
      sql`select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
    );
    const facts = { version: row?.version ?? '' };
    findings.push(
      (row?.number ?? 0) < OLDEST
        ? found('database', 'problem', 'too_old', facts)
        : found('database', 'ok', 'reachable', facts),
      ...(await examineWay(patient)),
      ...(await examineBounds(db)),
    );
    return true;
  } catch (error) {
    findings.push(found('database', 'problem', 'unreachable', { detail: causeOf(error) }));
    return false;
  }
}

/** Poolers that give a session to somebody else after each transaction. */
async function examineWay({ environment }: Patient): Promise<Finding[]> {
  const direct = directUrl(environment);
  const findings: Finding[] = [];
  if (await isTransactionPooler(direct)) findings.push(found('database', 'problem', 'direct_is_pooled'));
  if (!environment.DATABASE_PREPARE || direct === environment.DATABASE_URL) return findings;
  if (await isTransactionPooler(environment.DATABASE_URL))
    findings.push(found('database', 'problem', 'prepares_through_pooler'));
  return findings;
}

/** The bounds that stand on the role: a startup parameter would be refused by a pooler. */
async function examineBounds(db: Db): Promise<Finding[]> {
  const rows = await db.execute<{ name: string; role: string; database: string }>(sql`
    select name, current_user as role, current_database() as database from pg_settings
    where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') and setting = '0'
    order by name`);
  const [first] = rows;
  if (!first) return [];
  const settings = rows.map(({ name }) => name).join(', ');
  return [found('database', 'note', 'no_bounds', { settings, role: first.role, database: first.database })];
}

/** Whether the database has what this build needs, and nothing that it cannot work with. */
export async function examineMigrations(db: Db, findings: Finding[]): Promise<boolean> {
  const [there] = await db.execute<{ ours: boolean; marked: boolean; worker: boolean }>(sql`
    select to_regclass('drizzle.__drizzle_migrations') is not null as ours,
      to_regclass('graphile_worker.jobs') is not null as worker,
      exists (select from information_schema.columns where table_schema = 'drizzle'
        and table_name = '__drizzle_migrations' and column_name = 'finished') as marked`);
  const files = readMigrations();
  const applied = there?.ours ? await readApplied(db, there.marked) : [];
  const lacking = missing(files, applied).length;
  const barred = whatBars(applied);
  if (lacking > 0 || !there?.worker)
    findings.push(found('migrations', 'problem', 'behind', { missing: Math.max(lacking, 1) }));
  else if (barred)
    findings.push(
      found('migrations', 'problem', 'build_too_old', { oldest: barred.oldest, migration: barred.migration }),
    );
  else if (applied.some(({ at }) => !files.some((file) => file.at === at)))
    findings.push(found('migrations', 'note', 'ahead'));
  else findings.push(found('migrations', 'ok', 'up_to_date', { count: files.length }));
  return lacking === 0 && there?.worker === true;
}

async function readApplied(db: Db, marked: boolean): Promise<Applied[]> {
  const columns = marked
    ? sql`name, contract, finished`
    : sql`null as name, null as contract, true as finished`;
  const rows = await db.execute<Applied>(
    sql`select created_at::float8 as at, hash, ${columns} from drizzle.__drizzle_migrations order by created_at`,
  );
  return [...rows];
}

function whatBars(applied: Applied[]): BuildTooOld | null {
  try {
    requireNewEnough(applied);
    return null;
  } catch (error) {
    if (error instanceof BuildTooOld) return error;
    throw error;
  }
}
