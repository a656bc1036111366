import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { claimDataDir, readJson, writePrivateJson } from './data-dir';
import { findFreePort, isPortFree } from './ports';
import { type Binaries, findBinaries, findUnprivileged, type Unprivileged } from './postgres-binaries';
import { findProcess, isRunning, type ProcessIdentity, requireIdentity, waitForEnd } from './processes';

const USER = 'tierline';
const DATABASE = 'tierline';

export interface PostgresOptions {
  /** Holds the cluster in `postgres/`, the password and port in `postgres.json` (0600), and `postgres.log`. */
  dataDir: string;
  /** Default: the port of the last start while it is free, else any free one. */
  port?: number;
  /** `throwaway` gives up durability for speed: for data that nobody will miss after a crash. */
  settings?: 'durable' | 'throwaway';
}

export interface RunningPostgres {
  /** Of the database `tierline`, as the superuser of this cluster. */
  url: string;
  process: ProcessIdentity;
  /** Resolves when the server ends, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

interface Access {
  port: number;
  password: string;
}

const settings = {
  durable: {
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    statement_timeout: '60s',
    lock_timeout: '10s',
    idle_in_transaction_session_timeout: '60s',
  },
  throwaway: {
    shared_buffers: '128MB',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    autovacuum: 'off',
  },
};

/**
 * Starts the PostgreSQL that comes with the project and makes its cluster and database on first use.
 * It listens on 127.0.0.1 only and asks for a password. An orphan of a killed predecessor is stopped first.
 * @throws when another living program uses the data directory, or the server does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir);
  const release = await claimDataDir(dataDir, 'postgres');
  try {
    const binaries = findBinaries();
    const unprivileged = findUnprivileged(binaries);
    const cluster = join(dataDir, 'postgres');
    await stopOrphanedPostgres(dataDir);
    const password = makeCluster(dataDir, cluster, binaries, unprivileged);
    giveTo(cluster, unprivileged);
    const server = await launch(options, dataDir, cluster, binaries, unprivileged, password);
    const url = `postgres://${USER}:${password}@127.0.0.1:${server.port}/${DATABASE}`;
    await makeDatabase(url);
    const stop = async () => {
      await stopServer(server.process, server.ended);
      release();
    };
    return { url, process: server.process, ended: server.ended, stop };
  } catch (error) {
    release();
    throw error;
  }
}

/** Runs initdb beside the final place, so that an interrupted one leaves nothing behind that looks whole. */
function makeCluster(dataDir: string, cluster: string, { initdb }: Binaries, as: Unprivileged): string {
  const known = readJson<Access>(join(dataDir, 'postgres.json'));
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    if (!known) throw new Error(`${dataDir}/postgres.json is missing: it holds the password of ${cluster}`);
    return known.password;
  }
  const password = randomBytes(24).toString('base64url');
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    giveTo(draft, as);
    giveTo(passwordFile, as);
    const flags = ['-D', draft, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const [program = '', ...args] = [...as.prefix, initdb, ...flags, '-E', 'UTF8', '--locale=C', '--no-sync'];
    execFileSync(program, args, { ...as.spawn, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writePrivateJson(join(dataDir, 'postgres.json'), { port: known?.port ?? 0, password } satisfies Access);
  renameSync(draft, cluster);
  return password;
}

function giveTo(path: string, { owner }: Unprivileged): void {
  // Without an owner it is ours; root takes back what a start without user namespaces gave away.
  const { uid, gid } = owner ?? { uid: 0, gid: 0 };
  if (process.getuid?.() === 0 && statSync(path).uid !== uid) chownTree(path, uid, gid);
}

function chownTree(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(path, name), uid, gid);
  }
}

async function launch(
  options: PostgresOptions,
  dataDir: string,
  cluster: string,
  binaries: Binaries,
  as: Unprivileged,
  password: string,
) {
  const remembered = options.port ?? readJson<Access>(join(dataDir, 'postgres.json'))?.port ?? 0;
  const log = join(dataDir, 'postgres.log');
  for (let attempt = 1; ; attempt += 1) {
    const usable = attempt === 1 && remembered > 0 && (options.port || (await isPortFree(remembered)));
    const port = usable ? remembered : await findFreePort();
    const server = spawnServer(log, port, options.settings ?? 'durable', cluster, binaries, as);
    if (await isReady(cluster, server.process)) {
      writePrivateJson(join(dataDir, 'postgres.json'), { port, password } satisfies Access);
      return { ...server, port };
    }
    const words = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n');
    // Another program may have taken the port meanwhile; backends of a killed server need a moment to go.
    const passing = /Address already in use|pre-existing shared memory/.test(words);
    if (!passing || attempt === 5) throw new Error(`PostgreSQL did not start:\n${words}`);
    await sleep(500);
  }
}

function spawnServer(
  log: string,
  port: number,
  kind: keyof typeof settings,
  cluster: string,
  { postgres }: Binaries,
  as: Unprivileged,
) {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No socket: its path must be short, a data directory's often is not.
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    jit: 'off',
    ...settings[kind],
  };
  const flags = Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program = '', ...args] = [...as.prefix, postgres, '-D', cluster, ...flags];
  const output = openSync(log, 'w', 0o600);
  // Its own process group: Ctrl-C must reach the app first and the database last.
  const child = spawn(program, args, {
    ...as.spawn,
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  if (!child.pid) throw new Error(`${program} could not be started`);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.unref();
  return { process: requireIdentity(child.pid), ended };
}

/** The server itself notes in its pid file when it accepts connections. */
async function isReady(cluster: string, server: ProcessIdentity): Promise<boolean> {
  // Crash recovery after a kill replays the log first: be patient as long as the process lives.
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline && isRunning(server)) {
    const lines = readPidFile(cluster);
    if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(15);
  }
  return false;
}

function readPidFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Stops a server that outlived its starter, and clears away the pid file of one that was killed. */
export async function stopOrphanedPostgres(dataDir: string): Promise<void> {
  const cluster = join(resolve(dataDir), 'postgres');
  const pid = Number(readPidFile(cluster)[0]);
  if (!pid) return;
  const found = findProcess(pid);
  if (found?.command.includes(`postgres -D ${cluster} `)) return stopServer(found);
  // PostgreSQL takes any process under this id for its predecessor, a stranger or a zombie too, and refuses to
  // start. By removing the file we also take over its check that no backend of the dead server still writes.
  const deadline = Date.now() + 10_000;
  while (hasProcessIn(cluster) && Date.now() < deadline) await sleep(50);
  if (hasProcessIn(cluster)) throw new Error(`processes of a killed PostgreSQL still work in ${cluster}`);
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

/** Whether some process has this working directory, as every PostgreSQL process has its cluster. */
function hasProcessIn(cluster: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === cluster;
    } catch {
      return false;
    }
  });
}

async function stopServer(server: ProcessIdentity, ended?: Promise<void>): Promise<void> {
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isRunning(server)) break;
    process.kill(server.pid, name);
    if (await waitForEnd(server, 10_000)) break;
  }
  await ended;
}

async function makeDatabase(url: string): Promise<void> {
  const sql = postgres(url.replace(/[^/]+$/, 'postgres'), { max: 1, onnotice: () => {} });
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found.length === 0) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end();
  }
}
