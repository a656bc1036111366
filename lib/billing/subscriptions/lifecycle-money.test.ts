import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creditLedger, creditPackages, customers, emails, invoices, moneyBack } from '@/db/schema';
import { consumeCredits } from '@/lib/billing/account/credits';
import { getBalance } from '@/lib/billing/account/wallet';
import { ensureStripeCustomer } from '@/lib/billing/customers/customers';
import { addDays } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const billsOf = (shop: Shop) =>
  stage.db.select().from(invoices).where(eq(invoices.merchantId, shop.account.merchantId));
const ledgerOf = (shop: Shop) =>
  stage.db.select().from(creditLedger).where(eq(creditLedger.merchantId, shop.account.merchantId));
const backOf = (shop: Shop) =>
  stage.db.select().from(moneyBack).where(eq(moneyBack.merchantId, shop.account.merchantId));
const chargeOf = async (customer: string) => {
  const [charge] = (await stage.stripe.charges.list({ customer })).data;
  if (!charge) throw new Error('nothing was charged');
  return charge;
};
const quietly = async () => {
  const answers = await stage.deliverNew();
  expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
};

async function fallBehind(dunning_end = 'canceled') {
  await stage.control('settings', { dunning_end });
  const shop = await stage.subscriber('professional');
  await stage.card(shop.customerId, 'pm_card_chargeCustomerFail');
  await quietly();
  await stage.advance(31.5);
  await quietly();
  return shop;
}

describe('past due', () => {
  test('keeps the plan for seven days from the first failure, and says how often and when again', async () => {
    const shop = await fallBehind();
    const late = await stage.current(shop);
    expect(late).toMatchObject({ status: 'past_due', attemptCount: 1, amountDue: 11_583, mrrCents: 9900 });
    expect(late.failureCode).not.toBeNull();
    expect(late.graceUntil).toEqual(addDays(late.pastDueSince ?? new Date(0), 7));
    expect(late.nextAttemptAt?.getTime()).toBeGreaterThan((await stage.now()).getTime());
    await stage.advance(3.2);
    await quietly();
    const again = await stage.current(shop);
    expect(again).toMatchObject({
      attemptCount: 2,
      pastDueSince: late.pastDueSince,
      graceUntil: late.graceUntil,
    });
    const sent = await stage.db.select().from(emails).where(eq(emails.merchantId, shop.account.merchantId));
    expect(sent.filter((one) => one.template === 'payment_failed')).toHaveLength(2);
  });

  test('recovery clears all of it', async () => {
    const shop = await fallBehind();
    await stage.card(shop.customerId, 'pm_card_visa');
    await stage.payOpenInvoices(shop.customerId);
    await quietly();
    expect(await stage.current(shop)).toMatchObject({
      status: 'active',
      pastDueSince: null,
      graceUntil: null,
      attemptCount: 0,
      nextAttemptAt: null,
      amountDue: 0,
      failureCode: null,
    });
  });

  test.each(['canceled', 'unpaid', 'paused', 'past_due'])(
    'ends as the account at Stripe says: %s',
    async (end) => {
      const shop = await fallBehind(end);
      await stage.advance(16);
      await quietly();
      const current = await stage.current(shop);
      expect(current.status).toBe(end);
      expect(current.mrrCents).toBe(end === 'past_due' ? 9900 : 0);
      if (end === 'unpaid') {
        await stage.card(shop.customerId, 'pm_card_visa');
        await stage.payOpenInvoices(shop.customerId);
        await quietly();
        expect(await stage.current(shop)).toMatchObject({ status: 'active', amountDue: 0 });
      }
      await stage.control('settings', { dunning_end: 'canceled' });
    },
  );

  test('a trial that ends without a card can be paused, and resumed', async () => {
    const shop = await stage.merchant();
    const customer = await ensureStripeCustomer(
      stage.db,
      stage.stripe,
      shop.account.merchantId,
      await stage.by(shop),
    );
    const { id } = await stage.stripe.subscriptions.create({
      customer,
      items: [{ price: await stage.price('professional') }],
      trial_period_days: 5,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
      metadata: stage.marks(shop.account, 'professional'),
    });
    await stage.advance(6);
    await quietly();
    expect(await stage.current(shop)).toMatchObject({ status: 'paused' });
    await stage.card(customer, 'pm_card_visa');
    await stage.stripe.subscriptions.resume(id);
    await quietly();
    expect(await stage.current(shop)).toMatchObject({ status: 'active', mrrCents: 9900 });
  });
});

describe('money that goes back', () => {
  test('a refund in part, then in full, shows on the invoice; the plan stays', async () => {
    const shop = await stage.subscriber();
    const charge = await chargeOf(shop.customerId);
    await stage.stripe.refunds.create({ charge: charge.id, amount: 1000 });
    await quietly();
    expect(await billsOf(shop)).toMatchObject([{ status: 'paid', refunded: 1000 }]);
    await stage.stripe.refunds.create({ charge: charge.id });
    await quietly();
    expect(await billsOf(shop)).toMatchObject([{ status: 'paid', refunded: charge.amount }]);
    expect(await backOf(shop)).toMatchObject([{ kind: 'refund', status: 'refunded', amount: charge.amount }]);
    expect(await stage.current(shop)).toMatchObject({ status: 'active' });
  });

  test('a credit note shows as credited', async () => {
    const shop = await stage.subscriber();
    const [bill] = await billsOf(shop);
    const line = (await stage.stripe.invoices.retrieve(bill?.stripeInvoiceId ?? '')).lines.data[0];
    await stage.stripe.creditNotes.create({
      invoice: bill?.stripeInvoiceId ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: line?.id, amount: 1000 }],
      credit_amount: 1170,
    });
    await quietly();
    expect((await billsOf(shop))[0]?.credited).toBe(1170);
  });

  test('a dispute shows with its state, and its end', async () => {
    const shop = await stage.subscriber();
    const charge = await chargeOf(shop.customerId);
    await stage.control('trigger', { type: 'charge.dispute.created', charge: charge.id });
    await quietly();
    const [back] = await backOf(shop);
    expect(back).toMatchObject({ kind: 'dispute', status: 'needs_response' });
    expect((await billsOf(shop))[0]).toMatchObject({ disputeStatus: 'needs_response' });
    await stage.control('trigger', {
      type: 'charge.dispute.closed',
      dispute: back?.stripeId,
      status: 'lost',
    });
    await quietly();
    expect((await billsOf(shop))[0]).toMatchObject({ disputeStatus: 'lost' });
  });
});

describe('credits', () => {
  test('a package is granted when paid, once, whatever comes twice', async () => {
    const shop = await stage.subscriber('essential');
    const session = await stage.buyCredits(shop, 'credits_100');
    const events = await stage.newEvents();
    for (const event of [...events, ...events].reverse()) await stage.deliver(event);
    expect(await getBalance(stage.db, shop.account)).toEqual({ monthly: 0, purchased: 100 });
    expect((await ledgerOf(shop)).map((line) => line.sourceKey)).toEqual([`session:${session}`]);
    expect((await billsOf(shop)).filter((bill) => bill.kind === 'credits')).toMatchObject([
      { subtotal: 1999 },
    ]);
  });

  test('by a delayed method they come with the money, not before; not at all when it fails', async () => {
    const shop = await stage.subscriber('essential');
    const comes = await stage.buyCredits(shop, 'credits_100', 'async');
    await quietly();
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 0 });
    await stage.control('trigger', { type: 'checkout.session.async_payment_succeeded', session: comes });
    await quietly();
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 100 });
    const fails = await stage.buyCredits(shop, 'credits_500', 'async');
    await stage.control('trigger', { type: 'checkout.session.async_payment_failed', session: fails });
    await quietly();
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 100 });
  });

  test('refunded ones are taken back by their share, never below zero', async () => {
    const shop = await stage.subscriber('essential');
    await stage.buyCredits(shop, 'credits_100');
    await quietly();
    const charge = await chargeOf(shop.customerId);
    await stage.stripe.refunds.create({ charge: charge.id, amount: Math.round(charge.amount / 2) });
    await quietly();
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 50 });
    const spend = { ...(await stage.by(shop)), amount: 40, reason: 'work', key: 'w1' };
    await stage.db.transaction((tx) => consumeCredits(tx, shop.account, spend));
    await stage.stripe.refunds.create({ charge: charge.id });
    await quietly();
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 0 });
  });

  test('a refund that is told before its purchase takes the credits back all the same', async () => {
    const shop = await stage.subscriber('essential');
    await stage.buyCredits(shop, 'credits_100');
    await stage.stripe.refunds.create({ charge: (await chargeOf(shop.customerId)).id });
    const events = await stage.newEvents();
    const isPurchase = (type: string) => type.startsWith('checkout.session');
    for (const event of events.filter((one) => !isPurchase(one.type))) await stage.deliver(event);
    expect((await billsOf(shop)).some((bill) => bill.refunded > 0)).toBe(true);
    for (const event of events.filter((one) => isPurchase(one.type))) await stage.deliver(event);
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 0 });
  });

  test('an edit of the package between purchase and grant changes no purchase', async () => {
    const shop = await stage.subscriber('essential');
    await stage.buyCredits(shop, 'credits_100');
    const mine = eq(creditPackages.code, 'credits_100');
    await stage.db.update(creditPackages).set({ credits: 7 }).where(mine);
    await quietly();
    await stage.db.update(creditPackages).set({ credits: 100 }).where(mine);
    expect(await getBalance(stage.db, shop.account)).toMatchObject({ purchased: 100 });
  });
});

test('a customer deleted at Stripe ends its plan, and the merchant can buy again as a new one', async () => {
  const shop = await stage.subscriber();
  await stage.stripe.customers.del(shop.customerId);
  const events = await stage.newEvents();
  const dead = events.filter((event) => /^customer\.(subscription\.)?deleted$/.test(event.type));
  for (const event of dead) await stage.deliver(event);
  const { sessionId } = await stage.checkout(shop, 'business');
  await stage.pay(sessionId);
  await quietly();
  // What the old one had to say comes late.
  for (const event of events) expect(await stage.deliver(event)).not.toMatchObject({ status: 'failed' });
  expect(await stage.current(shop)).toMatchObject({ status: 'active', tier: { code: 'business' } });
  const [row] = await stage.db
    .select()
    .from(customers)
    .where(eq(customers.merchantId, shop.account.merchantId));
  expect(row).toMatchObject({ deletedAtStripe: null });
  expect(row?.stripeCustomerId).not.toBe(shop.customerId);
});

test('a one-off bill for something else is none of ours', async () => {
  const shop = await stage.subscriber();
  await stage.stripe.invoiceItems.create({ customer: shop.customerId, amount: 5000, currency: 'eur' });
  const bill = await stage.stripe.invoices.create({ customer: shop.customerId });
  await stage.stripe.invoices.finalizeInvoice(bill.id ?? '');
  await quietly();
  expect(await billsOf(shop)).toHaveLength(1);
});
