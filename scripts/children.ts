import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readJson, writePrivateJson } from './data-dir';
import { endProcess, endWithParent, type ProcessIdentity, requireIdentity } from './processes';

export interface ChildOptions {
  /** Names its log file and stands before its lines. */
  name: string;
  /** Arguments for this very Node: the script first. */
  args: string[];
  env: NodeJS.ProcessEnv;
  dataDir: string;
  /** The folder it runs in, this one unless said. */
  cwd?: string;
  /** Called with each line of its output. */
  onLine?: (line: string) => void;
}

export interface Child {
  name: string;
  process: ProcessIdentity;
  /** The last lines it wrote. */
  tail(): string[];
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /**
   * The match of the first line, past or to come, that fits.
   * @throws when the child ends or `milliseconds` pass before; the message carries its last lines
   */
  waitForLine(pattern: RegExp, milliseconds: number): Promise<RegExpExecArray>;
  /** SIGTERM to its whole process group, SIGKILL after `patience` milliseconds (five seconds). */
  stop(patience?: number): Promise<void>;
}

type Recorded = ProcessIdentity & { name: string };

/**
 * Starts a Node program in its own process group, so that Ctrl-C reaches only us and we choose the order of ending.
 * Its output goes to `logs/NAME.log`; it is noted in `children.json` for a successor to end should we be killed.
 */
export function startChild({ name, args, env, dataDir, cwd, onLine }: ChildOptions): Child {
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const child = spawn(process.execPath, [...endWithParent(), ...args], {
    env,
    cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (!child.pid) throw new Error(`${name} could not be started`);
  const identity = requireIdentity(child.pid);
  record(dataDir, (all) => [...all, { name, ...identity }]);
  const lines = keepOutput(child, join(dataDir, 'logs'), name, onLine);
  const ended: Child['ended'] = new Promise((resolve) => {
    // 'close' rather than 'exit': its last words have been read by then.
    child.once('close', (code, signal) => {
      record(dataDir, (all) => all.filter((other) => other.pid !== identity.pid));
      resolve({ code, signal });
    });
  });
  const stop = async (patience?: number) => {
    await endProcess(identity, patience);
    await ended;
  };
  const waitForLine: Child['waitForLine'] = (pattern, milliseconds) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        lines.listeners.delete(look);
        act();
      };
      const look = (line: string) => {
        const match = pattern.exec(line);
        if (match) settle(() => resolve(match));
      };
      const fail = (why: string) =>
        settle(() => reject(new Error([`${name} ${why}`, ...lines.tail].join('\n'))));
      const timer = setTimeout(() => fail(`was not ready after ${milliseconds / 1000} s`), milliseconds);
      lines.listeners.add(look);
      lines.tail.forEach(look);
      ended.then(({ code, signal }) => fail(`ended (${signal ?? code})`));
    });
  return { name, process: identity, tail: () => lines.tail, ended, waitForLine, stop };
}

function keepOutput(child: ChildProcess, folder: string, name: string, onLine?: (line: string) => void) {
  const listeners = new Set<(line: string) => void>(onLine ? [onLine] : []);
  const log = createWriteStream(join(folder, `${name}.log`), { mode: 0o600 });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > 30) tail.shift();
      for (const listener of [...listeners]) listener(line);
    });
  }
  child.once('close', () => log.end());
  return { tail, listeners };
}

function record(dataDir: string, change: (all: Recorded[]) => Recorded[]): void {
  const path = join(dataDir, 'children.json');
  writePrivateJson(path, change(readJson<Recorded[]>(path) ?? []));
}

/** Ends the children that a killed predecessor left running, known by id and start time, never by name. */
export async function endOrphans(dataDir: string): Promise<void> {
  const path = join(dataDir, 'children.json');
  const orphans = readJson<Recorded[]>(path) ?? [];
  await Promise.all(orphans.map((orphan) => endProcess(orphan)));
  if (orphans.length > 0) writePrivateJson(path, []);
}
