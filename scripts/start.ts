import { spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { env } from '@/lib/env';
import { loadEnvFile } from './installation';
import { migrateAtStart } from './migration-words';

/** The image lays the standalone server at its root; a build on this machine keeps it below `.next`. */
function findServer(host: string): string[] {
  if (existsSync('server.js')) return ['server.js'];
  if (existsSync('.next/standalone/server.js')) {
    // `next build` leaves these two to whoever deploys.
    for (const folder of ['.next/static', 'public']) {
      if (existsSync(folder)) cpSync(folder, join('.next/standalone', folder), { recursive: true });
    }
    return ['.next/standalone/server.js'];
  }
  // It reads no HOSTNAME, and the standalone server no flag.
  if (existsSync('.next/BUILD_ID')) return ['node_modules/next/dist/bin/next', 'start', '-H', host];
  throw new Error('There is no build yet: npm run build');
}

/** `npm start`: a production app process. Migrates first, unless `MIGRATE` is 0; several at once wait for one another. */
async function start(): Promise<void> {
  loadEnvFile();
  // Before anything else: a live key is refused outside production, and this is production.
  Object.assign(process.env, { NODE_ENV: 'production' });
  env();
  const host = process.env.HOST || '0.0.0.0';
  const server = findServer(host);
  await migrateAtStart();
  const child = spawn(process.execPath, server, {
    env: { ...process.env, HOSTNAME: host, PORT: process.env.PORT || '3000' },
    stdio: 'inherit',
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 0 : 1)));
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
