import { spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { env } from '@/lib/env';
import { loadEnvFile } from './installation';
import { migrateAtStart } from './migration-words';

/** The image lays the standalone server at its root; a build on this machine keeps it below `.next`. */
function findServer(host: string, keepAlive: string): string[] {
  if (existsSync('server.js')) return ['server.js'];
  if (existsSync('.next/standalone/server.js')) {
    // `next build` leaves these two to whoever deploys.
    for (const folder of ['.next/static', 'public']) {
      if (existsSync(folder)) cpSync(folder, join('.next/standalone', folder), { recursive: true });
    }
    return ['.next/standalone/server.js'];
  }
  // It reads no HOSTNAME, and the standalone server no flag.
  if (existsSync('.next/BUILD_ID'))
    return ['node_modules/next/dist/bin/next', 'start', '-H', host, '--keepAliveTimeout', keepAlive];
  throw new Error('There is no build yet: npm run build');
}

/** How long a job of the app's own worker may take to end, beyond `SHUTDOWN_DELAY`. */
const JOB_PATIENCE_MS = 20_000;

/**
 * `npm start`: a production app process. Migrates first, unless `MIGRATE` is 0; several at once wait for one another. On
 * SIGTERM it is not ready at once, serves for `SHUTDOWN_DELAY` seconds more, answers what is under way, and ends.
 */
async function start(): Promise<void> {
  let told: NodeJS.Signals | undefined;
  let end = (signal: NodeJS.Signals) => {
    told = signal;
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end(name));
  loadEnvFile();
  // Before anything else: a live key is refused outside production, and this is production.
  Object.assign(process.env, { NODE_ENV: 'production' });
  const { SHUTDOWN_DELAY, KEEP_ALIVE_TIMEOUT } = env();
  const host = process.env.HOST || '0.0.0.0';
  const keepAlive = String(KEEP_ALIVE_TIMEOUT);
  const server = findServer(host, keepAlive);
  await migrateAtStart();
  if (told) return;
  const child = spawn(process.execPath, server, {
    // What the standalone server reads.
    env: { ...process.env, HOSTNAME: host, PORT: process.env.PORT || '3000', KEEP_ALIVE_TIMEOUT: keepAlive },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.once('exit', (code, signal) => process.exit(told ? 0 : (code ?? (signal ? 1 : 0))));
  end = (signal) => {
    if (told || signal !== 'SIGTERM') return void child.kill(signal);
    told = signal;
    const idle = new Promise((done) =>
      child.on('message', (message) => message === 'no job runs' && done(null)),
    );
    child.send('leave', () => {});
    const delay = SHUTDOWN_DELAY * 1_000;
    void Promise.all([sleep(delay), Promise.race([idle, sleep(delay + JOB_PATIENCE_MS)])]).then(() =>
      child.kill(signal),
    );
  };
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
