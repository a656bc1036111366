import type postgres from 'postgres';
import manifest from '@/package.json';
import type { MigrationFile } from './migration-files';

/** The version of this build, as package.json has it. */
export const BUILD = manifest.version;

/** What a database says of one migration that it has. */
export type Applied = {
  at: number;
  hash: string;
  name: string | null;
  contract: string | null;
  finished: boolean;
};

type Sql = postgres.ISql;

/**
 * Makes drizzle's journal table and the columns of ours. Those are nullable or have a default: an older build's migrator
 * goes on writing its rows.
 */
export async function prepareJournal(sql: Sql): Promise<void> {
  const known = await sql`
    select from information_schema.columns
    where table_schema = 'drizzle' and table_name = '__drizzle_migrations' and column_name = 'finished'`;
  if (known.length > 0) return;
  await sql.unsafe(`
    create schema if not exists drizzle;
    create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
    alter table drizzle.__drizzle_migrations add column if not exists name text,
      add column if not exists contract text,
      add column if not exists applied_at timestamptz default now(),
      add column if not exists finished boolean not null default true`);
}

/** The migrations that the database has, those of an older or newer build included. An empty database has none. */
export async function readJournal(sql: Sql): Promise<Applied[]> {
  const columns = await sql<{ name: string }[]>`
    select column_name::text as name from information_schema.columns
    where table_schema = 'drizzle' and table_name = '__drizzle_migrations'`;
  if (columns.length === 0) return [];
  const ours = columns.some(({ name }) => name === 'finished');
  return ours
    ? sql<Applied[]>`
        select created_at::float8 as at, hash, name, contract, finished
        from drizzle.__drizzle_migrations order by created_at`
    : sql<Applied[]>`
        select created_at::float8 as at, hash, null as name, null as contract, true as finished
        from drizzle.__drizzle_migrations order by created_at`;
}

/** Those of this build that the database has not, or not whole, in order. */
export const missing = (files: MigrationFile[], applied: Applied[]): MigrationFile[] =>
  files.filter((file) => !applied.some(({ at, finished }) => at === file.at && finished));

/** The database has gone past what this build can work with. */
export class BuildTooOld extends Error {
  override name = 'BuildTooOld';
  constructor(
    readonly migration: string,
    readonly oldest: string,
  ) {
    super(
      `This build is ${BUILD}. The database has migration ${migration}, which builds older than ${oldest} cannot work with: start ${oldest} or a newer one.`,
    );
  }
}

/** @throws BuildTooOld when a migration marked `contract` names a newer build than this one as the oldest */
export function requireNewEnough(applied: Applied[], build = BUILD): void {
  const barred = applied.find(({ contract }) => contract !== null && isOlder(build, contract));
  if (barred?.contract) throw new BuildTooOld(barred.name ?? String(barred.at), barred.contract);
}

/** Whether version `a` comes before `b`, by their numbers. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/).slice(0, 3).map(Number));
  for (const place of [0, 1, 2]) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
