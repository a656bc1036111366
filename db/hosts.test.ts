import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPostgres, startPostgres } from '@/scripts/postgres';
import { makeTemporaryDataDir } from '@/scripts/temporary';
import { createDb } from './client';
import { findPrimary, hostsOf } from './hosts';
import { openQueuePool } from './queue-pool';

describe('an address of several hosts', () => {
  test('is one for each, with the same rest', () => {
    expect(hostsOf('postgres://u:p%40s@a:1,b/db?target_session_attrs=read-write&sslmode=require')).toEqual([
      'postgres://u:p%40s@a:1/db?sslmode=require',
      'postgres://u:p%40s@b/db?sslmode=require',
    ]);
    expect(hostsOf('postgresql://a/db')).toEqual(['postgresql://a/db']);
  });

  test('that says not which, or a standby, or is none, is refused in words', () => {
    expect(() => hostsOf('postgres://a,b/db')).toThrow('target_session_attrs=read-write');
    expect(() => hostsOf('postgres://a,b/db?target_session_attrs=prefer-standby')).toThrow('takes writes');
    expect(() => hostsOf('mysql://a/db')).toThrow('must be a postgres:// address');
  });
});

describe('a failover', () => {
  let folders: Awaited<ReturnType<typeof makeTemporaryDataDir>>[];
  let [primary, standby]: RunningPostgres[] = [];
  beforeAll(async () => {
    folders = await Promise.all(
      ['primary', 'standby'].map((name) => makeTemporaryDataDir(name, { guarded: true })),
    );
    const [one, two] = folders.map(({ path }) => path);
    const first = await startPostgres({ dataDir: one ?? '' });
    await first.stop();
    // A standby as of now: it follows nobody, and takes no writes until it is promoted.
    cpSync(join(one ?? '', 'postgres'), join(two ?? '', 'postgres'), { recursive: true });
    cpSync(join(one ?? '', 'postgres.json'), join(two ?? '', 'postgres.json'));
    primary = await startPostgres({ dataDir: one ?? '' });
    writeFileSync(join(two ?? '', 'postgres/standby.signal'), '');
    standby = await startPostgres({ dataDir: two ?? '' });
  }, 60_000);
  afterAll(async () => {
    await primary?.stop();
    await standby?.stop();
    for (const folder of folders) folder.remove();
  });

  test('both drivers speak to the host that takes writes, and follow it to the one that is promoted', async () => {
    if (!primary || !standby) throw new Error('two servers are wanted');
    const both = new URL(standby.url);
    const address = `${both.protocol}//${both.username}:${both.password}@${both.host},${new URL(primary.url).host}${both.pathname}?target_session_attrs=read-write`;
    expect(await findPrimary(address)).toBe(primary.url);
    const pool = createDb(address, { max: 3, waitMs: 3_000 });
    const queue = openQueuePool(address, 2);
    queue.on('error', () => {});
    await pool.sql.unsafe('create table written (by text)');
    const write = async () => {
      await pool.sql.unsafe(`insert into written values ('pool')`);
      await queue.query(`insert into written values ('queue')`);
    };
    await write();

    await primary.stop();
    const promoting = postgres(standby.url, { max: 1, onnotice: () => {} });
    await promoting`select pg_promote()`;
    await promoting`create table written (by text)`;
    const since = Date.now();
    while (
      !(await write().then(
        () => true,
        () => false,
      ))
    ) {
      expect(Date.now() - since).toBeLessThan(15_000);
      await sleep(100);
    }
    const [row] = await promoting`select count(*)::int as n from written`;
    expect(row?.n).toBeGreaterThanOrEqual(2);
    expect(await findPrimary(address)).toBe(standby.url);
    await pool.close();
    await queue.end();
    await promoting.end();
  }, 60_000);
});
