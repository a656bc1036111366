import { readdirSync, readFileSync } from 'node:fs';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { MIGRATIONS, readMigrations } from '@/db/migration-files';
import { examineMigrations } from '@/db/migration-rules';
import * as schema from '@/db/schema';

/**
 * `npm run db:check`: whether the migrations hold to their rules (db/migrations/README.md) and make what `db/schema` says.
 * Needs no database. Exits 1 when something is wrong.
 */
const files = readMigrations();
const lines = [...examineMigrations(files), ...examineFolder(), ...(await examineSchema())];
process.stdout.write(
  lines.length === 0
    ? `${files.length} migrations: all is well\n`
    : `${lines.map((line) => `- ${line}`).join('\n')}\n`,
);
process.exitCode = lines.length === 0 ? 0 : 1;

/** Every file is in the journal: one that is not would never run. */
function examineFolder(): string[] {
  const names = new Set(files.map(({ name }) => `${name}.sql`));
  return readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql') && !names.has(file))
    .map((file) => `${file} is not in meta/_journal.json and would never run`);
}

/** What the schema says beyond the last snapshot. */
async function examineSchema(): Promise<string[]> {
  const number = String(files.length - 1).padStart(4, '0');
  const last = JSON.parse(readFileSync(`${MIGRATIONS}/meta/${number}_snapshot.json`, 'utf8'));
  const now = generateDrizzleJson(schema, last.id, undefined, 'snake_case');
  const statements = await generateMigration(last, now);
  return statements.map((text) => `db/schema says what no migration makes (npm run db:generate): ${text}`);
}
