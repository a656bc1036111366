import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_KEY } from '@/lib/env';
import { buildWhenChanged } from '@/scripts/build';
import { type Child, startChild } from '@/scripts/children';
import { findFreePort } from '@/scripts/ports';

const NEXT = 'node_modules/next/dist/bin/next';
const BASELINE = 'bench/baseline';
export const WEBHOOK_SECRET = 'whsec_bench';
export const AUTH_SECRET = 'a-secret-of-the-bench-only-and-nothing-else';

export type Server = { url: string; child: Child };

/** The product and what it is compared with, both as production servers on one database, and local Stripe. */
export async function startServers(databaseUrl: string, dataDir: string) {
  const base = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1' };
  const build = async (name: string, folder: string) => {
    const child = startChild({ name, args: [NEXT, 'build', folder], env: base, dataDir });
    const { code } = await child.ended;
    if (code !== 0) throw new Error([`${name} failed`, ...child.tail()].join('\n'));
  };
  await buildWhenChanged(dataDir, () => build('build', '.'));
  const appDir = copyBuild(join(dataDir, 'app'));
  await build('build-baseline', BASELINE);

  const stripe = startChild({
    name: 'local-stripe',
    args: ['--import', 'tsx', 'local-stripe/main.ts'],
    env: {
      ...base,
      LOCAL_STRIPE_PORT: '0',
      LOCAL_VIES_PORT: '0',
      LOCAL_STRIPE_MEMORY: '1',
      STRIPE_SECRET_KEY: LOCAL_KEY,
    },
    dataDir,
  });
  const [, stripePort, viesPort] = await stripe.waitForLine(
    /^\{"listening": ?(\d+), ?"vies": ?(\d+)/,
    30_000,
  );
  const start = async (name: string, folder: string): Promise<Server> => {
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      ...base,
      DATABASE_URL: databaseUrl,
      AUTH_SECRET,
      APP_URL: url,
      STRIPE_SECRET_KEY: LOCAL_KEY,
      STRIPE_API_BASE: `http://127.0.0.1:${stripePort}`,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      VIES_URL: `http://127.0.0.1:${viesPort}/taxation_customs/vies/rest-api`,
      DEMO: '0',
      LOG_LEVEL: 'warn',
    };
    const args = [NEXT, 'start', folder, '--hostname', '127.0.0.1', '--port', String(port)];
    const child = startChild({ name, args, env, dataDir });
    await waitUntilUp(url, child);
    return { url, child };
  };
  const app = await start('app', appDir);
  const baseline = await start('baseline', BASELINE);
  const stop = async () => {
    for (const child of [app.child, baseline.child, stripe]) await child.stop();
  };
  return { app, baseline, stop };
}

/** The build as it is now: one that is made over meanwhile, by whoever works here too, must not change what is measured. */
function copyBuild(to: string): string {
  mkdirSync(to, { recursive: true });
  const apart = ['cache', 'dev', 'standalone', 'types', 'trace'].map((name) => resolve('.next', name));
  cpSync('.next', join(to, '.next'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !apart.includes(resolve(path)),
  });
  for (const name of ['package.json', 'next.config.ts', 'tsconfig.json']) cpSync(name, join(to, name));
  symlinkSync(resolve('node_modules'), join(to, 'node_modules'));
  mkdirSync(join(to, 'lib/i18n'), { recursive: true });
  mkdirSync(join(to, 'app'), { recursive: true });
  cpSync('lib/i18n/request.ts', join(to, 'lib/i18n/request.ts'));
  return to;
}

async function waitUntilUp(url: string, child: Child): Promise<void> {
  let dead = false;
  child.ended.then(() => {
    dead = true;
  });
  for (const deadline = Date.now() + 60_000; !dead && Date.now() < deadline; await sleep(100)) {
    try {
      await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(20_000) });
      return;
    } catch {
      // Not yet.
    }
  }
  throw new Error([`${child.name} does not answer`, ...child.tail()].join('\n'));
}

/** What a server and its children hold in memory now, in MB; null where the system does not tell. */
export function memoryOf({ child }: Server): number | null {
  if (!existsSync('/proc/self/stat')) return null;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Ended between the two looks.
    }
  }
  const family = new Set([child.process.pid]);
  for (let grown = 0; grown < family.size; ) {
    grown = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  const held = [...family].map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  });
  return held.reduce((sum, one) => sum + one, 0);
}
