import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '@/db/client';
import { testDatabase } from '@/db/testing';
import { errorResponse } from './http';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await database.sql`create table held (id int primary key)`;
});
afterAll(() => database.close());

const answerTo = async (work: Promise<unknown>) => {
  const failure = await work.then(
    () => new Error('it went well'),
    (error: unknown) => error,
  );
  const response = errorResponse(failure, 'req_1');
  const { error } = await response.json();
  return { status: response.status, code: error.code, retryAfter: response.headers.get('retry-after') };
};
const UNAVAILABLE = { status: 503, code: 'database_unavailable', retryAfter: '2' };

test('a database that is away, or too busy to answer in time, is 503 with Retry-After', async () => {
  const away = createDb('postgres://nobody:wrong@127.0.0.1:1/none', { max: 1 });
  expect(await answerTo(away.db.execute('select 1'))).toEqual(UNAVAILABLE);
  await away.close();

  const busy = createDb(database.url, { max: 1, waitMs: 100 });
  const holding = busy.db.transaction((tx) => tx.execute('select pg_sleep(0.4)'));
  expect(await answerTo(busy.db.transaction((tx) => tx.execute('select 1')))).toEqual(UNAVAILABLE);
  await holding;
  await busy.close();

  for (const bound of ['lock_timeout', 'statement_timeout']) {
    await database.sql.begin(async (tx) => {
      await tx`lock table held in access exclusive mode`;
      const waiting = database.db.transaction(async (other) => {
        await other.execute(`set local ${bound} = '50ms'`);
        await other.execute('select * from held');
      });
      expect(await answerTo(waiting)).toEqual(UNAVAILABLE);
    });
  }
});

test('a fault of ours stays one, and says nothing of the inside', async () => {
  const twice = async () => {
    for (const _ of [1, 2]) await database.db.execute('insert into held values (1)');
  };
  expect(await answerTo(twice())).toEqual({ status: 500, code: 'internal_error', retryAfter: null });
});
