import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { client } from './testing';

const folder = mkdtempSync(join(tmpdir(), 'local-stripe-main-'));
let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(env: Record<string, string>): ChildProcess {
  child = spawn(process.execPath, ['--import', 'tsx', 'local-stripe/main.ts'], {
    env: {
      ...process.env,
      DATA_DIR: folder,
      LOCAL_STRIPE_PORT: '0',
      LOCAL_VIES_PORT: '0',
      STRIPE_SECRET_KEY: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

test('prints where it and the local VIES listen, answers the SDK, ends cleanly on SIGTERM', async () => {
  const started = start({});
  const [line] = (await once(started.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const { listening, vies } = JSON.parse(line.toString()) as { listening: number; vies: number };
  expect((await client(listening).accounts.retrieveCurrent()).country).toBe('LU');
  expect((await fetch(`http://127.0.0.1:${vies}/taxation_customs/vies/rest-api/check-status`)).status).toBe(
    200,
  );
  started.kill('SIGTERM');
  expect((await once(started, 'exit'))[0]).toBe(0);
}, 20_000);

test('does not start beside a real key', async () => {
  const started = start({ STRIPE_SECRET_KEY: 'sk_test_of_somebody' });
  expect((await once(started, 'exit'))[0]).toBe(1);
}, 20_000);
