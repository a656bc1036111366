import { readdirSync, readFileSync } from 'node:fs';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { MIGRATIONS, type MigrationFile } from '@/db/migration-files';
import * as schema from '@/db/schema';

/** Where the folder of migrations and its journal say different things: such a file would never run. */
export function examineFolder(files: MigrationFile[]): string[] {
  const names = new Set(files.map(({ name }) => `${name}.sql`));
  return readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql') && !names.has(file))
    .map((file) => `${file} is not in meta/_journal.json and would never run`);
}

/** What `db/schema` says beyond the last migration's snapshot. */
export async function examineSchema(files: MigrationFile[]): Promise<string[]> {
  const number = String(files.length - 1).padStart(4, '0');
  const last = JSON.parse(readFileSync(`${MIGRATIONS}/meta/${number}_snapshot.json`, 'utf8'));
  const now = generateDrizzleJson(schema, last.id, undefined, 'snake_case');
  const statements = await generateMigration(last, now);
  return statements.map((text) => `db/schema says what no migration makes (npm run db:generate): ${text}`);
}
