import { and, asc, eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creditLedger, invoices, overrides } from '@/db/schema';
import { consumeCredits } from '@/lib/billing/account/credits';
import { openMonths } from '@/lib/billing/account/months';
import { getBalance } from '@/lib/billing/account/wallet';
import { currentMonth, findAccount } from '@/lib/billing/accounts';
import { addMonths } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';

/** The hardest anchor: the 31st. */
const START = new Date('2027-01-31T10:00:00Z');
const day = (at: Date | null | undefined) => at?.toISOString().slice(0, 10);
const quietly = async (stage: Stage) => {
  const answers = await stage.deliverNew();
  expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
  await openMonths(stage.db, await stage.now());
};
const billsOf = (stage: Stage, shop: Shop) =>
  stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId))
    .orderBy(asc(invoices.issuedAt), asc(invoices.periodEnd));
const ledgerOf = (stage: Stage, shop: Shop, kinds: ('grant' | 'expire')[]) =>
  stage.db
    .select()
    .from(creditLedger)
    .where(and(eq(creditLedger.merchantId, shop.account.merchantId), inArray(creditLedger.kind, kinds)))
    .orderBy(asc(creditLedger.at));

describe('a year of a shop that joined on the 31st', () => {
  let stage: Stage;
  let monthly: Shop;
  let annual: Shop;
  beforeAll(async () => {
    stage = await openStage({ at: START });
    monthly = await stage.subscriber('professional', 'month');
    annual = await stage.subscriber('business', 'year');
  });
  afterAll(() => stage.close());

  const anchor = async (shop: Shop) => (await findAccount(stage.db, shop.account))?.anchorAt ?? START;

  test('month by month: period, invoice, counter month and credits are right', async () => {
    const spend = { amount: 30, reason: 'work', actor: { kind: 'user' as const, id: 'usr' } };
    for (let month = 0; month < 13; month++) {
      const anchorAt = await anchor(monthly);
      const [start, end] = [addMonths(anchorAt, month), addMonths(anchorAt, month + 1)];
      expect([28, 29, 30, 31]).toContain(start.getUTCDate());
      const current = await stage.current(monthly);
      expect(current, `month ${month}`).toMatchObject({ status: 'active', currentPeriodStart: start });
      expect(current.currentPeriodEnd).toEqual(end);
      const bills = await billsOf(stage, monthly);
      expect(bills).toHaveLength(month + 1);
      expect(bills.at(-1)).toMatchObject({
        status: 'paid',
        total: 11_583,
        periodStart: start,
        periodEnd: end,
      });
      for (const shop of [monthly, annual]) {
        const kept = await findAccount(stage.db, shop.account);
        if (!kept) throw new Error('no account');
        const running = currentMonth(kept, await stage.now());
        expect(day(running.start)).toBe(day(start));
        expect(day(running.end)).toBe(day(end));
        const now = await stage.now();
        await stage.db.transaction((tx) =>
          consumeCredits(tx, shop.account, { ...spend, now, key: `${shop.storeCode}-${month}` }),
        );
      }
      // Spent 30 of this month's; what is left of an earlier month is gone.
      expect(await getBalance(stage.db, monthly.account)).toEqual({ monthly: 70, purchased: 0 });
      expect(await getBalance(stage.db, annual.account)).toEqual({ monthly: 470, purchased: 0 });
      const billsOfYear = await billsOf(stage, annual);
      expect(billsOfYear).toHaveLength(month < 12 ? 1 : 2);
      expect(await stage.current(annual)).toMatchObject({
        status: 'active',
        currentPeriodStart: addMonths(await anchor(annual), month < 12 ? 0 : 12),
      });
      // Past the end and the hour that Stripe leaves an invoice a draft.
      await stage.advanceTo(new Date(end.getTime() + 2 * 3_600_000));
      await quietly(stage);
    }
  });

  test('each month granted once and expired what was left', async () => {
    const grants = await ledgerOf(stage, monthly, ['grant']);
    expect(grants.map((line) => line.amount)).toEqual(Array.from({ length: 14 }, () => 100));
    expect(new Set(grants.map((line) => line.sourceKey)).size).toBe(14);
    expect(grants.slice(0, 4).map((line) => line.sourceKey)).toEqual([
      'month:2027-01-31:upto:100',
      'month:2027-02-28:upto:100',
      'month:2027-03-31:upto:100',
      'month:2027-04-30:upto:100',
    ]);
    const expired = await ledgerOf(stage, monthly, ['expire']);
    expect(expired.map((line) => line.amount)).toEqual(Array.from({ length: 13 }, () => -70));
    expect((await ledgerOf(stage, annual, ['grant'])).map((line) => line.amount)).toEqual(
      Array.from({ length: 14 }, () => 500),
    );
  });

  test("an override of the monthly credits counts from the next grant, the month's own grant is never doubled", async () => {
    const { account } = await stage.subscriber('professional');
    const row = {
      id: 'ovr_credits',
      ...account,
      featureCode: 'monthly_credits',
      hasLimit: true,
      limitValue: 250,
    };
    await stage.db.insert(overrides).values({ ...row, reason: 'test', author: 'usr' });
    await stage.advance(32);
    await quietly(stage);
    await quietly(stage);
    expect(await getBalance(stage.db, account)).toEqual({ monthly: 250, purchased: 0 });
  });

  test('switching plans back and forth within a month yields no more credits than the dearest', async () => {
    const shop = await stage.subscriber('professional');
    const item = async () =>
      (await stage.stripe.subscriptions.retrieve(shop.subscriptionId)).items.data[0]?.id;
    for (const tier of ['business', 'professional', 'business', 'essential', 'business']) {
      const items = [{ id: await item(), price: await stage.price(tier) }];
      await stage.stripe.subscriptions.update(shop.subscriptionId, { items, proration_behavior: 'none' });
      await quietly(stage);
    }
    expect(await getBalance(stage.db, shop.account)).toEqual({ monthly: 500, purchased: 0 });
  });
});
