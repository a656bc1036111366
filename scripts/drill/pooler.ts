import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { createDb } from '@/db/client';
import { migrate } from '@/db/migrate';
import { isTransactionPooler } from '@/db/pooler';
import { startPostgres } from '../postgres';
import { makeTemporaryDataDir } from '../temporary';
import { findPgBouncer, type PoolMode, startPgBouncer } from './pgbouncer';

const SECONDS = 20;
const ASKERS = 24;

type Tally = {
  asked: number;
  failed: Map<string, number>;
  crossed: number;
  acknowledged: string[];
  slowestMs: number;
};

/**
 * PgBouncer between us and PostgreSQL, in both modes, while backends are killed, a table is altered and statements are thrown
 * away: no answer reaches another question, nothing acknowledged is lost, nobody waits for ever. Prints what was seen.
 * @returns what went wrong, a line each
 */
export async function drillPooler(say: (line: string) => void): Promise<string[]> {
  const version = findPgBouncer();
  if (!version) throw new Error('pgbouncer is missing (Debian: apt-get install pgbouncer)');
  say(`PgBouncer ${version}`);
  const folder = await makeTemporaryDataDir('drill', { guarded: true });
  const server = await startPostgres({ dataDir: folder.path });
  // Apart from ours, which only its owner may enter: as root it runs as somebody else.
  const bouncers = mkdtempSync(join(tmpdir(), 'tierline-pgbouncer-'));
  const wrong: string[] = [];
  try {
    await migrate(server.url);
    for (const [mode, prepare] of [
      ['session', true],
      ['transaction', false],
      ['transaction', true],
    ] as const) {
      const pooler = await startPgBouncer(server.url, mode, bouncers);
      const name = `${mode} mode, DATABASE_PREPARE=${prepare ? 1 : 0}`;
      try {
        wrong.push(...(await seeWays(mode, pooler.url)).map((line) => `${name}: ${line}`));
        wrong.push(...(await load(name, { direct: server.url, pooled: pooler.url, prepare }, say)));
      } finally {
        await pooler.stop();
      }
    }
  } finally {
    await server.stop();
    folder.remove();
    rmSync(bouncers, { recursive: true });
  }
  return wrong;
}

/** Whether a pooler is known for what it is, and what needs a session is refused in words. */
async function seeWays(mode: PoolMode, pooled: string): Promise<string[]> {
  const wrong: string[] = [];
  if ((await isTransactionPooler(pooled)) !== (mode === 'transaction'))
    wrong.push('it was taken for another mode');
  const refusal = await migrate(pooled).then(
    () => null,
    (error: Error) => error.name,
  );
  if (refusal !== (mode === 'transaction' ? 'TransactionPooler' : null))
    wrong.push(`migrate said ${refusal}`);
  return wrong;
}

async function load(
  name: string,
  way: { direct: string; pooled: string; prepare: boolean },
  say: (line: string) => void,
): Promise<string[]> {
  const admin = postgres(way.direct, { max: 2, onnotice: () => {} });
  await admin.unsafe(
    'drop table if exists drilled; create table drilled (id text primary key, half int, note text)',
  );
  const pool = createDb(way.pooled, { max: 20, prepare: way.prepare, waitMs: 10_000 });
  const tally: Tally = { asked: 0, failed: new Map(), crossed: 0, acknowledged: [], slowestMs: 0 };
  const until = Date.now() + SECONDS * 1_000;
  const asking = Array.from({ length: ASKERS }, async (_, asker) => {
    for (let turn = 0; Date.now() < until; turn++) await ask(pool, tally, `${asker}.${turn}`);
  });
  const kills = await disturb(admin, until);
  const stuck = await Promise.race([Promise.all(asking).then(() => false), sleep(15_000).then(() => true)]);
  const rows = await admin<{ id: string; half: number }[]>`select id, half from drilled`;
  const kept = new Set(rows.map(({ id }) => id));
  const lost = tally.acknowledged.filter((id) => !kept.has(id));
  const halves = rows.filter(({ half }) => half !== 2);
  await pool.sql.end({ timeout: 1 });
  await admin.end();
  const failed = [...tally.failed.values()].reduce((sum, one) => sum + one, 0);
  say(
    `${name}: ${tally.asked} asked, ${tally.acknowledged.length} written, ${kills} backends killed, ${failed} failed, slowest ${tally.slowestMs} ms`,
  );
  for (const [code, count] of tally.failed) say(`  ${count} × ${code}`);
  const wrong: string[] = [];
  if (stuck) wrong.push('questions wait for ever');
  if (tally.crossed > 0) wrong.push(`${tally.crossed} answers reached another question`);
  if (lost.length > 0) wrong.push(`${lost.length} acknowledged writes are lost`);
  if (halves.length > 0) wrong.push(`${halves.length} transactions are half done`);
  return wrong.map((line) => `${name}: ${line}`);
}

/** A question of three kinds, or a transaction of two statements; its answer must be its own. */
async function ask(pool: ReturnType<typeof createDb>, tally: Tally, id: string): Promise<void> {
  const started = performance.now();
  tally.asked++;
  try {
    const kind = tally.asked % 4;
    if (kind === 0) {
      await pool.sql.begin(async (tx) => {
        await tx.unsafe('insert into drilled (id, half) values ($1, 1)', [id]);
        await tx.unsafe('update drilled set half = half + 1 where id = $1', [id]);
      });
      tally.acknowledged.push(id);
    } else {
      const text = [
        '',
        'select $1::text as a',
        'select $1::text as b, 1 as one',
        'select $1::text as c from (select * from drilled limit 1) d right join (select 1) e on true',
      ];
      const [row] = await pool.sql.unsafe(text[kind] ?? '', [id]);
      if (row?.[' abc'[kind] ?? ''] !== id) tally.crossed++;
    }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const key = `${code ?? ''} ${message.replaceAll(/"[^"]*"|\d+/g, '…')}`.slice(0, 90);
    tally.failed.set(key, (tally.failed.get(key) ?? 0) + 1);
    await sleep(20);
  }
  tally.slowestMs = Math.max(tally.slowestMs, Math.round(performance.now() - started));
}

/** Kills a backend now and then, alters the table, throws prepared statements away. @returns how many were killed */
async function disturb(admin: postgres.Sql, until: number): Promise<number> {
  let kills = 0;
  for (let turn = 0; Date.now() < until; turn++) {
    await sleep(250);
    if (turn % 4 === 0) {
      const killed = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name = 'tierline' limit 1`;
      kills += killed.length;
    }
    if (turn % 4 === 2) await admin.unsafe(`alter table drilled add column more_${turn} int default 0`);
  }
  return kills;
}
