import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';

/** One migration as its file says it. Its header and its rules: db/migrations/README.md. */
export type MigrationFile = {
  name: string;
  /** When it was generated, in ms: how drizzle's journal knows it. */
  at: number;
  hash: string;
  /** Runs in one transaction, with the journal's row. */
  atOnce: string[];
  /** `… INDEX CONCURRENTLY`: each runs outside a transaction, after it. */
  concurrent: string[];
  /** Builds older than this version cannot work with what it leaves behind. */
  contract: string | null;
  locks: string | null;
  tried: string | null;
};

export const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/** The migrations that this build brings, in order. @throws when the journal names a file that is not there */
export function readMigrations(folder = MIGRATIONS): MigrationFile[] {
  const journal = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[];
  };
  return readMigrationFiles({ migrationsFolder: folder }).map((file, position) => {
    const statements = file.sql.map((text) => text.trim()).filter((text) => withoutComments(text) !== '');
    const header = headerOf(file.sql[0] ?? '');
    return {
      name: journal.entries[position]?.tag ?? '',
      at: file.folderMillis,
      hash: file.hash,
      atOnce: statements.filter((text) => !isConcurrent(text)),
      concurrent: statements.filter(isConcurrent),
      contract: header('contract'),
      locks: header('locks'),
      tried: header('tried'),
    };
  });
}

/** A statement without its `--` comments, spaces made one. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();

const isConcurrent = (text: string): boolean =>
  /^(create|drop)( unique)? index concurrently\b/i.test(withoutComments(text));

/** The lines `-- name: value` that a file begins with. */
function headerOf(text: string) {
  const lines = text.trimStart().split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const comments = end < 0 ? lines : lines.slice(0, end);
  return (name: string) =>
    comments
      .find((line) => line.startsWith(`-- ${name}: `))
      ?.slice(name.length + 5)
      .trim() || null;
}
