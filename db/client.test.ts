import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDice } from '@/testing/random';
import { createDb } from './client';
import { testDatabase } from './testing';

/*
 * What the driver does when the server ends its connections, at any moment: PostgreSQL restarts, fails over, or is told
 * to by a person. Without db/patches this test ends the process (docs/decisions/0006).
 */
const CONNECTIONS = 4;
let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: ReturnType<typeof createDb>;
let killer: postgres.Sql;
beforeAll(async () => {
  database = await testDatabase();
  await database.sql`create table halves (work text not null, half int not null)`;
  const url = new URL(database.url);
  url.searchParams.set('application_name', 'victim');
  pool = createDb(url.href, { max: CONNECTIONS });
  killer = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await pool.close();
  await killer.end();
  await database.close();
});

const killOne = () => killer`
  select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' order by random() limit 1`;

test('connections that the server ends: a transaction is whole or nothing, no other takes its place, the pool recovers', async () => {
  const dice = makeDice(11);
  const done: string[] = [];
  let kills = 0;
  let stopped = false;
  const killing = (async () => {
    while (!stopped) {
      await sleep(10 + dice.below(40));
      await killOne();
      kills++;
    }
  })();
  const work = async (name: string) => {
    await pool.sql.begin(async (tx) => {
      await tx`insert into halves values (${name}, 1)`;
      // Its connection may be gone by now, and even be another's already: nothing more may be said on it.
      if (dice.chance(0.7)) await sleep(dice.below(5));
      await tx`insert into halves values (${name}, 2)`;
    });
    done.push(name);
  };
  for (let round = 0; round < 400 && (round < 40 || kills < 40); round++) {
    await Promise.allSettled(
      Array.from({ length: CONNECTIONS * 2 }, (_, i) => work(`${round}.${i}`)).concat(
        Array.from({ length: 4 }, async () => {
          await pool.sql`select 1`;
        }),
      ),
    );
  }
  stopped = true;
  await killing;

  const half = await database.sql<{ work: string }[]>`
    select work from halves group by work having count(*) <> 2`;
  expect(half).toEqual([]);
  const whole = await database.sql<{ work: string }[]>`select distinct work from halves`;
  const written = new Set(whole.map((row) => row.work));
  expect(done.filter((name) => !written.has(name))).toEqual([]);
  expect(done.length).toBeGreaterThan(20);

  await sleep(200);
  // None of the pool's connections was lost on the way: all can be held at once.
  const held = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      pool.sql.begin(async (tx) => {
        const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
        await sleep(300);
        return row?.pid;
      }),
    ),
  );
  expect(new Set(held).size).toBe(CONNECTIONS);
}, 60_000);
