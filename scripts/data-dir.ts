import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess, findLauncher, isRunning, type ProcessIdentity, requireIdentity } from './processes';

interface Owner extends ProcessIdentity {
  launcher: ProcessIdentity | null;
}

/** Reads a JSON file; null when it is missing or cut short. */
export function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}

/** Writes a JSON file that only its owner may read, whole or not at all. */
export function writePrivateJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/**
 * Takes a data directory for this process, so that two programs never use it at once; returns how to give it back.
 * A predecessor that has died is replaced; one that lives on although its launcher was killed is ended first.
 * @throws when a living program holds it
 */
export async function claimDataDir(dataDir: string, name: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, `${name}.owner.json`);
  const holder = readJson<Owner>(path);
  if (holder && isRunning(holder) && holder.pid !== process.pid) {
    const abandoned = holder.launcher && !isRunning(holder.launcher);
    if (!abandoned) {
      throw new Error(
        `${dataDir} is in use by process ${holder.pid}: stop it first, or choose another folder with DATA_DIR`,
      );
    }
    await endProcess(holder, 12_000);
  }
  rmSync(path, { force: true });
  const owner: Owner = { ...requireIdentity(process.pid), launcher: findLauncher() };
  writeFileSync(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** Whether a living program holds this directory under that name. */
export function isClaimed(dataDir: string, name: string): boolean {
  const holder = readJson<Owner>(join(dataDir, `${name}.owner.json`));
  return holder !== null && isRunning(holder);
}

/** A secret made on first use and kept in the data directory, readable by its owner only. */
export function keepSecret(dataDir: string, name: string): string {
  const path = join(dataDir, 'secrets.json');
  const secrets = readJson<Record<string, string>>(path) ?? {};
  const known = secrets[name];
  if (known) return known;
  if (existsSync(path) && Object.keys(secrets).length === 0) throw new Error(`${path} cannot be read`);
  const secret = randomBytes(32).toString('base64url');
  writePrivateJson(path, { ...secrets, [name]: secret });
  return secret;
}
