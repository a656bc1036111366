import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from '../scripts/children';
import { findFreePort } from '../scripts/ports';
import { makeTemporaryDataDir } from '../scripts/temporary';
import { expect, test } from './fixtures';

/* A deploy takes one app process out while people use it: a second one beside the demo, on its database. */
test('SIGTERM: not ready at once, serving until proxies know, no request fails, and it ends', async () => {
  test.setTimeout(90_000);
  const folder = await makeTemporaryDataDir('shutdown', { guarded: true });
  const port = await findFreePort();
  const app = startChild({
    name: 'app',
    args: ['--import', 'tsx', 'scripts/start.ts'],
    dataDir: folder.path,
    env: {
      ...process.env,
      DATABASE_URL: process.env.E2E_DATABASE_URL,
      DATABASE_DIRECT_URL: '',
      STRIPE_SECRET_KEY: '',
      STRIPE_API_BASE: '',
      APP_URL: `http://localhost:${port}`,
      AUTH_SECRET: 'a secret of this test, long enough',
      PORT: String(port),
      HOST: '127.0.0.1',
      SHUTDOWN_DELAY: '6',
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  const ask = (path: string, by?: Agent) =>
    new Promise<{ status: number; connection: string | undefined; keptFor: string | undefined }>(
      (done, fail) => {
        get({ host: '127.0.0.1', port, path, agent: by, timeout: 10_000 }, (answer) => {
          answer.resume().on('end', () =>
            done({
              status: answer.statusCode ?? 0,
              connection: answer.headers.connection,
              keptFor: answer.headers['keep-alive']?.toString(),
            }),
          );
        }).on('error', fail);
      },
    );
  const ready = () =>
    ask('/api/health?probe=ready').then(
      ({ status }) => status,
      () => 0,
    );
  while ((await ready()) !== 200) await sleep(100);
  expect((await ask('/sign-in', agent)).keptFor).toBe('timeout=75');

  let stopped = false;
  const statuses: (number | string)[] = [];
  const people = Array.from({ length: 4 }, async () => {
    while (!stopped) {
      statuses.push(await ask('/sign-in', agent).then(({ status }) => status, String));
      await sleep(20);
    }
  });
  await sleep(300);
  const told = Date.now();
  process.kill(app.process.pid, 'SIGTERM');
  await expect.poll(ready).toBe(503);
  expect((await ask('/api/health?probe=live')).status).toBe(200);
  expect((await ask('/sign-in')).connection).toBe('close');
  // A proxy that looks each second has gone by now.
  await sleep(1_200);
  stopped = true;
  await Promise.all(people);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(Date.now() - told).toBeGreaterThan(5_900);
  expect(Date.now() - told).toBeLessThan(20_000);
  folder.remove();
});

test('the live probe needs nothing, and says which build this is', async ({ request }) => {
  const answer = await request.get('/api/health?probe=live');
  expect(await answer.json()).toEqual({
    status: 'ok',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    timestamp: expect.any(String),
  });
});
