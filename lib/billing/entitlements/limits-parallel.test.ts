import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDb } from '@/db/client';
import { newId } from '@/db/ids';
import { makeCatalogue } from '@/db/make';
import { overrides, usageCounters } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import type { Account } from '@/lib/billing/accounts';
import { LimitReached } from '@/lib/billing/errors';
import type { Metered } from '@/lib/billing/features';
import { productLimit } from '@/lib/catalog/features';
import { orderQuota } from '@/lib/orders/features';
import { makeAccount } from '@/testing/accounts';
import { consume } from './limits';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: ReturnType<typeof createDb>;

beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
  pool = createDb(database.url, { max: 16 });
});
afterAll(async () => {
  await pool.close();
  await database.close();
});

/** An account with room for `room` more of a feature, beside what it uses. */
async function accountWithRoom(key: string, feature: Metered, room: number, used = 0) {
  const account = await makeAccount(database.db, key);
  await database.db.insert(overrides).values({
    id: newId('ovr'),
    merchantId: account.merchantId,
    platformId: account.platformId,
    featureCode: feature.code,
    hasLimit: true,
    limitValue: used + room,
    reason: 'test',
    author: 'usr_admin',
  });
  if (used > 0) await database.db.transaction((tx) => consume(tx, account, feature, used, { now }));
  return account;
}

const usedOf = async (account: Account, feature: Metered) => {
  const [row] = await database.db
    .select({ used: usageCounters.used })
    .from(usageCounters)
    .where(
      and(eq(usageCounters.merchantId, account.merchantId), eq(usageCounters.featureCode, feature.code)),
    );
  return row?.used ?? 0;
};

describe.each([
  ['a stock', productLimit],
  ['a flow', orderQuota],
])('room for 7 of %s', (name, feature) => {
  const key = name.replaceAll(' ', '');

  test.each([0, 20])(
    '200 parallel consumers on 16 connections, %i in use before: exactly 7',
    async (used) => {
      const account = await accountWithRoom(`${key}${used}`, feature, 7, used);
      const results = await Promise.allSettled(
        Array.from({ length: 200 }, () =>
          pool.db.transaction((tx) => consume(tx, account, feature, 1, { now, storeId: account.storeId })),
        ),
      );
      expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(7);
      const refusals = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(refusals.every((one) => one instanceof LimitReached)).toBe(true);
      expect(await usedOf(account, feature)).toBe(used + 7);
    },
  );

  test('half of the callers roll back: their units are taken by others', async () => {
    const account = await accountWithRoom(`${key}half`, feature, 7);
    let committed = 0;
    await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) =>
        pool.db
          .transaction(async (tx) => {
            await consume(tx, account, feature, 1, { now });
            if (i % 2 === 0) throw new Error('the caller changed its mind');
          })
          .then(() => committed++),
      ),
    );
    expect(committed).toBe(7);
    expect(await usedOf(account, feature)).toBe(7);
  });

  test('two processes together: exactly 7', async () => {
    const account = await accountWithRoom(`${key}two`, feature, 7);
    const other = startOther(account, feature, 100);
    const own = Promise.allSettled(
      Array.from({ length: 100 }, () =>
        pool.db.transaction((tx) => consume(tx, account, feature, 1, { now })),
      ),
    );
    const results = await own;
    const theirs = Number((await other.output).trim());
    const ours = results.filter((one) => one.status === 'fulfilled').length;
    expect(ours + theirs).toBe(7);
    expect(await usedOf(account, feature)).toBe(7);
  });
});

test('two processes at the same time over many rounds never overshoot', async () => {
  const account = await accountWithRoom('rounds', productLimit, 120);
  const others = [startOther(account, productLimit, 100), startOther(account, productLimit, 100)];
  const counts = await Promise.all(others.map((one) => one.output));
  expect(counts.map(Number).reduce((sum, n) => sum + n)).toBe(120);
  expect(await usedOf(account, productLimit)).toBe(120);
});

test('a killed process leaks no unit', async () => {
  const account = await accountWithRoom('killed', productLimit, 1);
  const other = startOther(account, productLimit, 1, 'hold');
  await other.firstLine;
  other.child.kill('SIGKILL');
  await other.output;
  const taken = await database.db.transaction((tx) => consume(tx, account, productLimit, 1, { now }));
  expect(taken).toEqual({ used: 1, limit: 1 });
});

test('while one merchant’s unit is held, its own next caller waits and other merchants do not', async () => {
  const hot = await accountWithRoom('hot', productLimit, 10);
  const calm = await accountWithRoom('calm', productLimit, 10);
  await pool.db.transaction((tx) => consume(tx, calm, productLimit, 1, { now }));
  let locked: () => void = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  let release: () => void = () => {};
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holder = pool.db.transaction(async (tx) => {
    await consume(tx, hot, productLimit, 1, { now });
    locked();
    await isReleased;
  });
  await isLocked;
  let secondHasIt = false;
  const second = pool.db
    .transaction((tx) => consume(tx, hot, productLimit, 1, { now }))
    .then(() => {
      secondHasIt = true;
    });
  // Others get theirs while the first still holds its own: were they behind it, this would never end.
  for (let i = 0; i < 5; i++) await pool.db.transaction((tx) => consume(tx, calm, productLimit, 1, { now }));
  await vi.waitFor(async () => {
    const waiting = await pool.db.execute(sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    expect(waiting).toHaveLength(1);
  });
  expect(secondHasIt).toBe(false);
  release();
  await Promise.all([holder, second]);
  expect(secondHasIt).toBe(true);
});

function startOther(account: Account, feature: Metered, tries: number, mode = 'run') {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', 'testing/limits-child.ts', database.url],
      ...[account.merchantId, account.platformId, feature.code, now.toISOString(), String(tries), mode],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  const firstLine = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve();
    });
  });
  return { child, firstLine, output: once(child, 'close').then(() => text) };
}
