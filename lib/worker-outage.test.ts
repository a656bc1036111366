import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { migrate } from '@/db/migrate';
import { startChild } from '@/scripts/children';
import { startPostgres } from '@/scripts/postgres';
import { makeTemporaryDataDir } from '@/scripts/temporary';

test('PostgreSQL goes away for a while and comes back: the worker is the same process, and works on', async () => {
  const folder = await makeTemporaryDataDir('outage', { guarded: true });
  let server = await startPostgres({ dataDir: folder.path });
  await migrate(server.url);
  const worker = startChild({
    name: 'worker',
    args: ['--import', 'tsx', 'scripts/worker.ts'],
    dataDir: folder.path,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: server.url,
      DATABASE_DIRECT_URL: '',
      APP_URL: 'https://shop.example',
      AUTH_SECRET: 'x'.repeat(32),
      STRIPE_SECRET_KEY: '',
    },
  });
  try {
    await worker.waitForLine(/worker started/, 30_000);
    await server.stop();
    await sleep(8_000);
    server = await startPostgres({ dataDir: folder.path });
    const sql = postgres(server.url, { max: 1, onnotice: () => {} });
    await sql`select graphile_worker.add_job('expire_invitations', '{}'::json)`;
    const since = Date.now();
    while (
      (await sql`select from job_runs where job = 'expire_invitations' and outcome = 'ok'`).length === 0
    ) {
      // The queue's listener waits longer after each try, up to some twenty seconds for an outage of this length.
      if (Date.now() - since > 50_000) throw new Error(`no run in time:\n${worker.tail().join('\n')}`);
      await sleep(200);
    }
    const [locks] = await sql<{ n: number }[]>`
      select count(*)::int as n from pg_locks where locktype = 'advisory' and classid = 7421002`;
    expect(locks?.n).toBe(4);
    await sql.end();
    await worker.stop();
    expect(await worker.ended).toMatchObject({ code: 0 });
  } finally {
    await worker.stop();
    await server.stop();
    folder.remove();
  }
}, 120_000);
