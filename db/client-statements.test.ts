import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDice } from '@/testing/random';
import { createDb, PoolBusy } from './client';
import { testDatabase } from './testing';

/*
 * What the driver does when the server has forgotten a prepared statement: a pooler gave us another session, somebody said
 * `deallocate all`, a table was altered. Without db/patches questions hang, get the answer of another, or write what was
 * not given (docs/decisions/0006). On one connection with several questions at once, as the driver itself does it.
 */
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await database.sql`create table wide (id int, kept jsonb, bytes bytea)`;
  await database.sql`insert into wide select n, jsonb_build_object('id', n), '\\x00' from generate_series(1, 20) n`;
});
afterAll(() => database.close());

const one = () => postgres(database.url, { max: 1, onnotice: () => {} });

describe('prepared statements that are gone', () => {
  test('every question gets its own answer, however many wait on the connection', async () => {
    const sql = one();
    const questions = [
      (i: number) => sql`select ${i}::int as a`,
      (i: number) => sql`select ${i}::int as b, 'x' as x`,
      (i: number) => sql`select ${String(i)}::text as c where ${i}::int >= 0`,
    ];
    const dice = makeDice(3);
    const asked: Promise<{ expected: unknown; got: unknown }>[] = [];
    for (let i = 0; i < 600; i++) {
      const kind = dice.below(3);
      const expected = [{ a: i }, { b: i, x: 'x' }, { c: String(i) }][kind];
      const question = questions[kind] ?? questions[0];
      if (question) asked.push(question(i).then(([got]) => ({ expected, got })));
      if (dice.chance(0.05)) asked.push(sql`deallocate all`.then(() => ({ expected: 0, got: 0 })));
      if (dice.chance(0.1)) await sleep(1);
    }
    const answers = await Promise.all(asked);
    expect(answers.filter(({ expected, got }) => JSON.stringify(expected) !== JSON.stringify(got))).toEqual(
      [],
    );
    await sql.end();
  });

  test('what is asked while a statement is prepared anew is not handed to it (it got the answer of the next)', async () => {
    const sql = one();
    const mine = () => sql`select ${'mine'}::text as answer`;
    await mine();
    await sql`deallocate all`;
    let done = false;
    const asked = mine().finally(() => {
      done = true;
    });
    const others: Promise<postgres.RowList<postgres.Row[]>>[] = [];
    for (let turn = 0; turn < 500 && !done; turn++) {
      others.push(sql.unsafe(`select 'theirs' as answer`).execute());
      await sleep(0);
    }
    expect([...(await asked)]).toEqual([{ answer: 'mine' }]);
    for (const [row] of await Promise.all(others)) expect(row?.answer).toBe('theirs');
    await sql.end();
  });

  test('what is asked again carries the values as they were given: documents and bytes are not wrapped twice', async () => {
    const sql = one();
    const write = (id: number) => sql`
      insert into wide values (${id}, ${sql.json({ id })}, ${Buffer.from('paid')})
      returning kept, encode(bytes, 'escape') as bytes`;
    await write(100);
    await sql`deallocate all`;
    expect([...(await write(101))]).toEqual([{ kept: { id: 101 }, bytes: 'paid' }]);
    await sql.end();
  });

  test('in a transaction they end it, and it is told: nothing of it is kept', async () => {
    const sql = one();
    const write = (on: postgres.ISql, id: number) => on`insert into wide values (${id}, null, null)`;
    await write(sql, 200);
    await sql`deallocate all`;
    const failing = sql.begin(async (tx) => {
      await Promise.all([tx`insert into wide values (201)`, write(tx, 202), write(tx, 203)]);
    });
    await expect(failing).rejects.toMatchObject({ code: '26000' });
    expect(await sql`select id from wide where id between 201 and 203`).toEqual([]);
    await write(sql, 204);
    await sql.end();
  });

  test('a table that is altered under full load: each answer is whole and its own', async () => {
    const pool = createDb(database.url, { max: 4 });
    let stopped = false;
    let asked = 0;
    const wrong: unknown[] = [];
    const readers = Array.from({ length: 16 }, async (_, reader) => {
      for (let turn = 0; !stopped; turn++) {
        const id = ((reader + turn) % 20) + 1;
        const [row] = await pool.sql.unsafe('select * from wide where id = $1', [id]);
        const [other] = await pool.sql.unsafe('select $1::int as only', [id]);
        if (row?.id !== id || row.kept?.id !== id || JSON.stringify(other) !== `{"only":${id}}`)
          wrong.push({ id, row, other });
        asked++;
      }
    });
    for (let i = 0; i < 25; i++) {
      await database.sql.unsafe(`alter table wide add column more_${i} int default ${i}`);
      await sleep(15);
    }
    stopped = true;
    await Promise.all(readers);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    await pool.close();
  }, 30_000);
});

describe('transactions', () => {
  test('one that begins behind a hundred questions has its own connection (it was left open in theirs)', async () => {
    const sql = one();
    await sql`select ${1}::int as n`;
    const asked = Array.from({ length: 100 }, (_, n) => sql`select ${n}::int as n`.execute());
    const begun = sql.begin(async (tx) => (await tx`select 'mine' as whose`)[0]);
    expect((await Promise.all(asked)).map(([row]) => row?.n)).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    );
    expect(await begun).toEqual({ whose: 'mine' });
    await sql.end();
  });

  test('one whose commit was prepared, and is prepared no more, is kept (it was rolled back and told as committed)', async () => {
    const sql = one();
    const write = (id: number) =>
      sql.begin(async (tx) => {
        await tx.unsafe(`insert into wide values (${id})`);
        await tx.savepoint(async (inner) => {
          await inner.unsafe('deallocate all');
        });
      });
    await write(301);
    await write(302);
    expect(await sql`select id from wide where id in (301, 302) order by id`).toEqual([
      { id: 301 },
      { id: 302 },
    ]);
    await sql.end();
  });

  test('one that failed unheard is not told as committed', async () => {
    const sql = one();
    const unheard = sql.begin(async (tx) => {
      await tx`insert into wide values (300)`;
      const failing = tx`select 1 / 0`;
      // The driver listens by `catch`; here it is kept from hearing, as by an answer that reached another question.
      failing.catch = () => new Promise(() => {});
      await failing.then(
        () => {},
        () => {},
      );
    });
    await expect(unheard).rejects.toThrow('TRANSACTION_ROLLED_BACK');
    await sql.end();
  });
});

describe('bounds', () => {
  test('whoever gets no connection in time is refused, asks nothing, and keeps nobody from the next', async () => {
    const pool = createDb(database.url, { max: 2, waitMs: 200 });
    const slow = [1, 2].map(() => pool.sql.begin((tx) => tx`select pg_sleep(0.7)`));
    await sleep(50);
    const started = Date.now();
    const refused = await Promise.allSettled([
      pool.sql.unsafe('insert into wide (id) values ($1)', [400]),
      pool.db.transaction(async () => 'never'),
    ]);
    expect(Date.now() - started).toBeLessThan(600);
    for (const one of refused) {
      const reason = one.status === 'rejected' ? (one.reason.cause ?? one.reason) : null;
      expect(reason).toBeInstanceOf(PoolBusy);
    }
    await Promise.all(slow);
    expect(await pool.sql`select id from wide where id = 400`).toEqual([]);
    expect(await pool.db.transaction(async () => 'again')).toBe('again');
    await pool.close();
  });

  test('a server that takes connections and says nothing: refused in time, and well again once it speaks', async () => {
    const target = new URL(database.url);
    const port = Number(target.port);
    let silent = true;
    const sockets = new Set<Socket>();
    const relay = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      if (silent) return;
      const onward = connect(port, target.hostname).on('error', () => {});
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await sleep(20);
    const address = relay.address();
    target.port = String(typeof address === 'object' ? address?.port : 0);
    const pool = createDb(target.href, { max: 1, waitMs: 300 });
    await expect(pool.sql.unsafe('select 1')).rejects.toThrow(PoolBusy);
    silent = false;
    for (const socket of sockets) socket.destroy();
    await sleep(300);
    expect(await pool.sql.unsafe('select 1 as one')).toEqual([{ one: 1 }]);
    await pool.close();
    relay.close();
  });

  test('unprepared, it leaves no statement behind', async () => {
    const pool = createDb(database.url, { max: 1, prepare: false });
    expect(await pool.sql.unsafe('select $1::int as n', [1])).toEqual([{ n: 1 }]);
    await pool.db.transaction((tx) => tx.execute('select 1'));
    expect([...(await pool.sql`select name from pg_prepared_statements`)]).toEqual([]);
    await pool.close();
  });
});
