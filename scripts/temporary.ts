import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOrphans } from './children';
import { readJson, writePrivateJson } from './data-dir';
import { stopOrphanedPostgres } from './postgres';
import { isRunning, type ProcessIdentity, requireIdentity } from './processes';

/**
 * A data directory that lives as long as this process. Those of killed predecessors are cleared away first,
 * with the servers that still run in them.
 */
export async function makeTemporaryDataDir(purpose: string): Promise<{ path: string; remove(): void }> {
  const prefix = `tierline-${purpose}-`;
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(prefix)) await sweep(join(tmpdir(), name));
  }
  const path = mkdtempSync(join(tmpdir(), prefix));
  writePrivateJson(join(path, 'user.json'), requireIdentity(process.pid));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

async function sweep(path: string): Promise<void> {
  const user = readJson<ProcessIdentity>(join(path, 'user.json'));
  // Without a note it is somebody else's, or being made this very moment.
  if (!user || isRunning(user)) return;
  // The end-to-end tests keep a whole demo in a folder below.
  for (const dataDir of [path, join(path, 'data')]) {
    await endOrphans(dataDir);
    await stopOrphanedPostgres(dataDir);
  }
  rmSync(path, { recursive: true, force: true });
}
