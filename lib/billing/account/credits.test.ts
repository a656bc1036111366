import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { auditLog, creditLedger } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { InsufficientCredits } from '@/lib/billing/errors';
import { IdempotencyConflict } from '@/lib/errors';
import { makeAccount } from '@/testing/accounts';
import { adjustCredits, consumeCredits } from './credits';

const context = { actor: { kind: 'user' as const, id: 'usr_admin' }, now: new Date('2026-11-21T12:00:00Z') };
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

test('what an admin gives or takes is moved and audited once, however often it is sent', async () => {
  const { db } = database;
  const shop = await makeAccount(db, 'goodwill');
  const account = { merchantId: shop.merchantId, platformId: shop.platformId };
  const adjust = (amount: number, key: string) =>
    adjustCredits(db, account, { amount, reason: 'After an outage', key, ...context });

  expect(await Promise.all([adjust(30, 'one'), adjust(30, 'one'), adjust(30, 'one')])).toEqual(
    Array(3).fill({ monthly: 0, purchased: 30 }),
  );
  // Taking all of it a second time would find too few: it is the first time again.
  expect(await adjust(-30, 'two')).toEqual({ monthly: 0, purchased: 0 });
  expect(await adjust(-30, 'two')).toEqual({ monthly: 0, purchased: 0 });
  await expect(adjust(-5, 'two')).rejects.toBeInstanceOf(IdempotencyConflict);
  await expect(adjust(-1, 'three')).rejects.toBeInstanceOf(InsufficientCredits);

  const lines = await db
    .select({ amount: creditLedger.amount })
    .from(creditLedger)
    .where(eq(creditLedger.merchantId, account.merchantId));
  expect(lines.map((line) => line.amount).sort((a, b) => a - b)).toEqual([-30, 30]);
  const trail = await db.select().from(auditLog).where(eq(auditLog.merchantId, account.merchantId));
  expect(trail.map((row) => [row.action, row.entityId, row.reason]).sort()).toEqual([
    ['credits.adjusted', 'one', 'After an outage'],
    ['credits.adjusted', 'two', 'After an outage'],
  ]);
});

test('what is spent is spent once for a key, and the key is for that amount', async () => {
  const { db } = database;
  const { merchantId, platformId } = await makeAccount(db, 'spender');
  const account = { merchantId, platformId };
  await adjustCredits(db, account, { amount: 30, reason: 'Start', key: 'start', ...context });
  const spend = (amount: number, key: string) =>
    db.transaction((tx) => consumeCredits(tx, account, { amount, reason: 'Mail', key, ...context }));
  const first = await spend(10, 'mail');
  expect(first).toEqual({ spent: { monthly: 0, purchased: 10 }, balance: { monthly: 0, purchased: 20 } });
  expect(await spend(10, 'mail')).toEqual(first);
  await expect(spend(15, 'mail')).rejects.toBeInstanceOf(IdempotencyConflict);
  expect((await spend(20, 'more')).balance).toEqual({ monthly: 0, purchased: 0 });
});
