import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '@/db/testing';
import { failureOf } from './failure';

/* What a failed query was given stays with it: a password's hash, an address, a document of Stripe's. Regression: O6. */
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await database.sql`create table person (id int, email text unique, doc jsonb)`;
});
afterAll(() => database.close());

const SECRET = 'ada@private.example';

/** All that is printed or kept of an error, by whichever way. */
function everythingSaidOf(error: unknown): string {
  let logged = '';
  const log = pino(
    new Writable({
      write: (part, _encoding, done) => {
        logged += String(part);
        done();
      },
    }),
  );
  log.error({ err: error }, 'failed');
  const stack = error instanceof Error ? `${error.stack}${error.message}` : '';
  return [logged, inspect(error, { depth: 9 }), stack, JSON.stringify(failureOf(error))].join('\n');
}

test.each([
  ['what is there already', `insert into person (email) values ($1)`, SECRET],
  ['what cannot be read', `select $1::text::int`, SECRET],
  ['what is no document', `insert into person (doc) values ($1::text::jsonb)`, `{"email": "${SECRET}"`],
  ['a table that is not there', `insert into nobody values ($1)`, SECRET],
])('%s: the error says what failed, and nothing of what was given', async (_name, query, value) => {
  await database.sql`insert into person (email) values (${SECRET}) on conflict do nothing`;
  const { sql } = await import('drizzle-orm');
  const [before = '', after = ''] = query.split('$1');
  const failing = database.db.execute(sql`${sql.raw(before)}${value}${sql.raw(after)}`);
  const error = await failing.then(
    () => null,
    (one: unknown) => one,
  );
  const said = everythingSaidOf(error);
  expect(said).toContain('Failed query');
  expect(said).not.toContain('private.example');
  const direct = await database.sql.unsafe(query, [value]).then(
    () => null,
    (one: unknown) => one,
  );
  expect(everythingSaidOf(direct)).not.toContain('private.example');
});
