import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimDataDir, isClaimed, readJson } from './data-dir';

/** Folders that the app is not built from; all others count, so that a new one is never forgotten. */
const APART = new Set(['node_modules', 'scripts', 'e2e', 'bench', 'docs', 'local-stripe', 'test-results']);
const APART_FILES =
  /\.(md|tsbuildinfo|log)$|\.test\.tsx?$|^next-env\.d\.ts$|^vitest\.config\.ts$|^biome\.json$/;
/** What people drop into the root folder, a log or a note, is no reason to build. */
const ROOT_FILES = /\.(json|[cm]?[jt]sx?)$/;
/** The one folder in `.next` that a build does not empty. */
const LOCK_DIR = '.next/cache';
const STAMP = '.next/tierline-build.json';

/**
 * Runs `build` unless `.next` was built from exactly these sources. Two callers at once build one after the other.
 * An app that runs from an older build of this folder does not survive a rebuild: stop it first.
 */
export async function buildWhenChanged(
  dataDir: string,
  build: () => Promise<void>,
): Promise<'built' | 'kept'> {
  mkdirSync(LOCK_DIR, { recursive: true });
  while (isClaimed(LOCK_DIR, 'build')) await sleep(200);
  const release = await claimDataDir(LOCK_DIR, 'build');
  try {
    const sources = hashSources(resolve(dataDir));
    if (existsSync('.next/BUILD_ID') && readJson<{ sources: string }>(STAMP)?.sources === sources)
      return 'kept';
    await build();
    writeFileSync(STAMP, JSON.stringify({ sources }));
    return 'built';
  } finally {
    release();
  }
}

function hashSources(dataDir: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const [name, value] of Object.entries(process.env).sort()) {
    if (name.startsWith('NEXT_PUBLIC_')) hash.update(`${name}=${value}\0`);
  }
  for (const path of listSources('.', dataDir))
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function listSources(folder: string, dataDir: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = relative('.', join(folder, entry.name));
    if (entry.name.startsWith('.') || resolve(path) === dataDir) return [];
    if (entry.isDirectory()) return APART.has(path) ? [] : listSources(path, dataDir);
    const counts = entry.isFile() && !APART_FILES.test(path) && (folder !== '.' || ROOT_FILES.test(path));
    return counts ? [path] : [];
  });
}
