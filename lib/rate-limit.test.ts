import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '@/db/client';
import { testDatabase } from '@/db/testing';
import {
  clearSignInFailures,
  limitInvitations,
  limitPurchase,
  limitRest,
  limitSignIn,
  noteSignInFailure,
  RateLimited,
} from './rate-limit';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function passes(tries: number, work: () => Promise<void>): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: tries }, work));
  for (const one of results) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(RateLimited);
  return results.filter((one) => one.status === 'fulfilled').length;
}

test('five checkouts a minute for one user, counted apart for others and for the portal', async () => {
  const { db } = database;
  expect(await passes(12, () => limitPurchase(db, 'checkout', 'usr_1'))).toBe(5);
  expect(await passes(1, () => limitPurchase(db, 'checkout', 'usr_2'))).toBe(1);
  expect(await passes(1, () => limitPurchase(db, 'portal', 'usr_1'))).toBe(1);
});

test('the count is shared by processes, and says when to come back', async () => {
  const other = createDb(database.url, { max: 2 });
  await passes(20, () => limitInvitations(database.db, 'mer_1'));
  const refusal = await limitInvitations(other.db, 'mer_1').catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'rate_limited', kind: 'rate_limited' });
  const wait = (refusal as RateLimited).details.retryAfter as number;
  expect(wait).toBeGreaterThan(3500);
  expect(wait).toBeLessThanOrEqual(3600);
  await other.close();
});

test('a key with a limit of its own is held to it', async () => {
  expect(await passes(10, () => limitRest(database.db, 'key:1', 3))).toBe(3);
});

test('five failures close an account for any address, in whatever letters, until one succeeds', async () => {
  const { db } = database;
  for (let i = 0; i < 5; i++) {
    await limitSignIn(db, { address: `10.0.0.${i}`, email: 'a@b.test' });
    await noteSignInFailure(db, 'A@b.test');
  }
  const again = () => limitSignIn(db, { address: '10.0.1.1', email: ' a@B.test ' });
  await expect(again()).rejects.toBeInstanceOf(RateLimited);
  await clearSignInFailures(db, 'a@b.test');
  await again();
});

test('thirty tries a minute from one address', async () => {
  const { db } = database;
  let n = 0;
  const work = () => limitSignIn(db, { address: '10.9.9.9', email: `p${++n}@b.test` });
  expect(await passes(40, work)).toBe(30);
});
