import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writePrivateJson } from './data-dir';

interface SeedNote {
  database: string;
  state: 'begun' | 'finished';
}

/** Whether the demo data was put, to its end, into this database from this data directory. */
export function isSeeded(dataDir: string, databaseUrl: string): boolean {
  const note = readJson<SeedNote>(pathIn(dataDir));
  return note?.state === 'finished' && note.database === nameOf(dataDir, databaseUrl);
}

/** Whether a seeding was cut short: the app has never run on such data, so nobody will miss it. */
export function isSeedBroken(dataDir: string): boolean {
  const note = readJson<SeedNote>(pathIn(dataDir));
  return note?.state === 'begun' && note.database === 'embedded';
}

/** Notes how far the seeding of this database has come. */
export function noteSeed(dataDir: string, databaseUrl: string, state: SeedNote['state']): void {
  writePrivateJson(pathIn(dataDir), { database: nameOf(dataDir, databaseUrl), state } satisfies SeedNote);
}

/** `--fresh` empties a database: one that this demo did not fill itself is somebody's. */
export function requireOurSeed(dataDir: string, databaseUrl: string): void {
  if (isSeeded(dataDir, databaseUrl)) return;
  throw new Error(
    '--fresh would empty the database of DATABASE_URL, which this demo has not seeded: empty it yourself',
  );
}

const pathIn = (dataDir: string) => join(dataDir, 'seed.json');

/** The embedded cluster may move to another port and stays the same; an address may hold a password. */
function nameOf(dataDir: string, databaseUrl: string): string {
  const own = readJson<{ port: number; password: string }>(join(dataDir, 'postgres.json'));
  if (own && databaseUrl.includes(`:${own.password}@`)) return 'embedded';
  return createHash('sha256').update(databaseUrl).digest('hex');
}
