import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOrphans } from './children';
import { readJson, writePrivateJson } from './data-dir';
import { stopOrphanedPostgres } from './postgres';
import { isRunning, type ProcessIdentity, requireIdentity } from './processes';

/**
 * A data directory that lives as long as this process. Those of killed predecessors are cleared away first,
 * with the servers that still run in them. A `guarded` one is cleared at once should this process be killed.
 */
export async function makeTemporaryDataDir(purpose: string, options: { guarded?: boolean } = {}) {
  await sweepAbandoned(purpose);
  const path = mkdtempSync(join(tmpdir(), `tierline-${purpose}-`));
  writePrivateJson(join(path, 'user.json'), requireIdentity(process.pid));
  const guard = options.guarded ? startGuard(purpose) : null;
  const remove = () => {
    rmSync(path, { recursive: true, force: true });
    guard?.kill('SIGKILL');
  };
  return { path, remove };
}

/** Waits in a process of its own until our end of its stdin closes, however we end. */
function startGuard(purpose: string): ChildProcess {
  const args = JSON.stringify(['--import', 'tsx', 'scripts/sweep.ts', purpose]);
  const code = `process.stdin.on('end', () => {
    require('node:child_process').spawnSync(process.execPath, ${args});
    process.exit();
  }).resume();`;
  const guard = spawn(process.execPath, ['--input-type=commonjs', '--eval', code], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  return guard;
}

/** Clears away the temporary data directories of processes that have ended without doing so. */
export async function sweepAbandoned(purpose: string): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(`tierline-${purpose}-`)) await sweep(join(tmpdir(), name));
  }
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
