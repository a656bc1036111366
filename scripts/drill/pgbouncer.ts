import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../ports';

export type PoolMode = 'session' | 'transaction';

/** The version of the installed PgBouncer, or null where there is none. */
export function findPgBouncer(): string | null {
  const { stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' });
  return /PgBouncer (\S+)/.exec(stdout ?? '')?.[1] ?? null;
}

/** A PgBouncer of few server connections (in session mode one for each of ours) before the database at `url`. As root it runs as `nobody`: it refuses root. */
export async function startPgBouncer(url: string, mode: PoolMode, folder: string) {
  const target = new URL(url);
  const port = await findFreePort();
  chmodSync(folder, 0o755);
  const config = join(folder, `${mode}.ini`);
  const name = target.pathname.slice(1);
  writeFileSync(
    config,
    `[databases]
${name} = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${mode === 'session' ? 50 : 10}
max_client_conn = 500
server_check_delay = 0
`,
    { mode: 0o644 },
  );
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', ['-q', ...as, config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  for (let tries = 0; !(await listens(port)); tries++) {
    if (child.exitCode !== null || tries > 100) throw new Error(`pgbouncer did not start:\n${said}`);
    await sleep(50);
  }
  target.port = String(port);
  return {
    url: target.href,
    async stop() {
      child.kill('SIGINT');
      await Promise.race([new Promise((done) => child.once('exit', done)), sleep(3_000)]);
      child.kill('SIGKILL');
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => done(true))
      .once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
