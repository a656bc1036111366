import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIGRATIONS } from '@/db/migration-files';

/** A folder of migrations of a test's own, as drizzle lays them. */
export function makeMigrations(files: string[]): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tierline-migrations-'));
  const entries = files.map((text, idx) => {
    const tag = `${String(idx).padStart(4, '0')}_made`;
    writeFileSync(join(folder, `${tag}.sql`), text);
    return { idx, version: '7', when: 1_000 + idx, tag, breakpoints: true };
  });
  writeJournal(folder, entries);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The product's own migrations up to one of them: what an installation of that day has. */
export function firstMigrations(count: number): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tierline-migrations-'));
  const { entries } = JSON.parse(readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[];
  };
  const first = entries.slice(0, count);
  for (const { tag } of first)
    writeFileSync(join(folder, `${tag}.sql`), readFileSync(join(MIGRATIONS, `${tag}.sql`)));
  writeJournal(folder, first);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function writeJournal(folder: string, entries: object[]): void {
  mkdirSync(join(folder, 'meta'));
  writeFileSync(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
}
