import { statSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startChild } from './children';
import { startPostgres } from './postgres';
import { isRunning } from './processes';
import { makeTemporaryDataDir } from './temporary';

let folder: Awaited<ReturnType<typeof makeTemporaryDataDir>>;
beforeAll(async () => {
  folder = await makeTemporaryDataDir('launcher');
});
afterAll(() => folder.remove());

const start = () => startPostgres({ dataDir: folder.path });

async function query<T>(url: string, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1 });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

/** Another program that has the same data directory's server running. */
async function startElsewhere(): Promise<Child> {
  const code = `
    const { startPostgres } = await import('./scripts/postgres.ts');
    const server = await startPostgres({ dataDir: ${JSON.stringify(folder.path)} });
    console.log('up ' + server.process.pid + ' ' + server.process.startedAt);
    setInterval(() => {}, 1000);`;
  const dataDir = join(folder.path, 'elsewhere');
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  return startChild({ name: 'elsewhere', args, env: process.env, dataDir });
}

test('a second start keeps the data and the address', async () => {
  const first = await start();
  await query(first.url, (sql) => sql`create table kept as select 42 as answer`);
  await first.stop();
  expect(isRunning(first.process)).toBe(false);

  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, (sql) => sql`select answer from kept`)).toEqual([{ answer: 42 }]);
  await second.stop();
});

test('nobody gets in without the password, which only its owner can read', async () => {
  const server = await start();
  const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
  await expect(query(wrong, (sql) => sql`select 1`)).rejects.toThrow('password authentication failed');
  expect(statSync(join(folder.path, 'postgres.json')).mode & 0o777).toBe(0o600);
  await server.stop();
});

test('a data directory in use is refused, and one whose owner was killed is taken over', async () => {
  const other = await startElsewhere();
  const [, pid, startedAt] = await other.waitForLine(/^up (\d+) (.+)$/, 30_000);
  const orphan = { pid: Number(pid), startedAt: startedAt ?? '' };
  await expect(start()).rejects.toThrow(`in use by process ${other.process.pid}`);

  process.kill(other.process.pid, 'SIGKILL');
  await other.ended;
  expect(isRunning(orphan)).toBe(true);
  const server = await start();
  expect(isRunning(orphan)).toBe(false);
  await server.stop();
});

test('a server killed outright comes back with what was committed', async () => {
  const first = await start();
  await query(first.url, (sql) => sql`create table committed as select 1 as one`);
  process.kill(first.process.pid, 'SIGKILL');
  await first.ended;
  await first.stop();

  const second = await start();
  expect(await query(second.url, (sql) => sql`select one from committed`)).toEqual([{ one: 1 }]);
  await second.stop();
});
