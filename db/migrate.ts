import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as apply } from 'drizzle-orm/postgres-js/migrator';
import { Logger, runMigrations } from 'graphile-worker';
import postgres from 'postgres';

/** The key of the lock that lets one process migrate while the others wait. */
const MIGRATION_LOCK = 7_421_001;

/**
 * Brings the database at `url` to the newest migration, the worker's own tables included. Safe to call from several
 * processes at once and again.
 */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await apply(drizzle(sql), { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) });
    await runMigrations({ connectionString: url, logger: new Logger(() => () => {}) });
  } finally {
    await sql.end({ timeout: 5 });
  }
}
