import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be confused with a later one of the same number: its id and the moment it started. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

export interface RunningProcess extends ProcessIdentity {
  parent: number;
  command: string;
}

/** What runs under this id now; null when nothing does (a zombie counts as nothing). */
export function findProcess(pid: number): RunningProcess | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? readProc(pid) : readPs(pid);
}

function readProc(pid: number): RunningProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may itself hold blanks and brackets.
    const [state = '', parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, startedAt: rest[17] ?? '', parent: Number(parent), command };
  } catch {
    return null;
  }
}

function readPs(pid: number): RunningProcess | null {
  try {
    const flags = ['-o', 'ppid=,stat=,lstart=,command=', '-p', String(pid)];
    const line = execFileSync('ps', flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const [, parent, state, startedAt, command] = /^(\d+)\s+(\S+)\s+(.{24})\s+(.*)$/.exec(line) ?? [];
    if (!state || !startedAt || state.startsWith('Z')) return null;
    return { pid, startedAt, parent: Number(parent), command: command ?? '' };
  } catch {
    return null;
  }
}

/** The identity of a process that is alive; throws when it has ended already. */
export function requireIdentity(pid: number): ProcessIdentity {
  const found = findProcess(pid);
  if (!found) throw new Error(`process ${pid} has ended`);
  return { pid, startedAt: found.startedAt };
}

/** Whether this very process still runs, not another that was given its id since. */
export function isRunning(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.startedAt === identity.startedAt;
}

/** Waits until the process has ended; false when it still runs after `milliseconds`. */
export async function waitForEnd(identity: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/**
 * Ends a process, and what it started when it leads a group: SIGTERM, then SIGKILL after `patience` milliseconds.
 * Does nothing when it has ended already or its id belongs to another process now.
 */
export async function endProcess(identity: ProcessIdentity, patience = 5000): Promise<void> {
  if (!isRunning(identity)) return;
  signal(identity.pid, 'SIGTERM');
  if (await waitForEnd(identity, patience)) return;
  signal(identity.pid, 'SIGKILL');
  await waitForEnd(identity, 2000);
}

/** Signals the group that `pid` leads, or the process alone when it leads none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
      return;
    } catch {
      // No such group, or already gone: try the process itself, then let it be.
    }
  }
}

/**
 * The process that a person would kill to end this one: npm when started by `npm run`, else the direct parent.
 * tsx and a shell stand between npm and us, and neither ends when npm is killed with -9.
 */
export function findLauncher(): ProcessIdentity | null {
  const parent = findProcess(process.ppid);
  if (!parent) return null;
  let launcher = parent;
  for (let above: RunningProcess | null = parent; above && above.pid > 1; above = findProcess(above.parent)) {
    if (/(^|[\s/])(npm|pnpm|yarn)\b/.test(above.command)) launcher = above;
    else if (!/(^|[\s/])(sh|tsx|node)\b/.test(above.command)) break;
  }
  return { pid: launcher.pid, startedAt: launcher.startedAt };
}

/**
 * Makes a Node child end itself when its parent is gone, a kill -9 included: arguments to put before the script.
 * The child's stdin must be a pipe, which closes with the parent. Its own forks and threads, which inherit the
 * arguments, are left alone: a thread's stdin is at its end from the start.
 */
export function endWithParent(): string[] {
  const code = `
    import { isMainThread } from 'node:worker_threads';
    if (isMainThread && process.ppid === ${process.pid}) {
      process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).on('error', () => {}).resume();
      process.stdin.unref?.();
    }`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
