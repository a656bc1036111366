import { and, eq, inArray, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { expect } from 'vitest';
import {
  auditLog,
  creditLedger,
  creditWallets,
  invoices,
  mrrMovements,
  storeAddOns,
  subscriptions,
  tierPrices,
  webhookEvents,
} from '@/db/schema';
import { computeMrr } from '@/lib/billing/account/revenue';
import { LIVE } from '@/lib/billing/statuses';
import { readInvoice } from '@/lib/stripe/invoice-snapshot';
import { readSubscription } from '@/lib/stripe/subscription-snapshot';
import type { Hero } from './steps';

const EXPAND = ['data.latest_invoice', 'data.discounts.source.coupon', 'data.schedule'];

/** Holds all that Tierline says of a merchant against what Stripe says of its customer. */
export async function checkAgainstStripe(hero: Hero): Promise<void> {
  const { stripe } = hero.stage;
  const theirs = await stripe.subscriptions
    .list({ customer: hero.customer, status: 'all', limit: 100, expand: EXPAND })
    .autoPagingToArray({ limit: 1000 });
  const bills = await stripe.invoices
    .list({ customer: hero.customer, limit: 100 })
    .autoPagingToArray({ limit: 1000 });
  await checkInbox(hero);
  await checkSubscriptions(hero, theirs);
  await checkAddOns(hero, theirs);
  await checkInvoices(hero, bills);
  await checkMovements(hero);
  await checkCredits(hero);
}

async function checkInbox({ stage, customer }: Hero): Promise<void> {
  const waiting = await stage.db
    .select({ type: webhookEvents.type, code: webhookEvents.errorCode, details: webhookEvents.errorDetails })
    .from(webhookEvents)
    .where(
      and(
        eq(webhookEvents.stripeCustomerId, customer),
        inArray(webhookEvents.status, ['failed', 'dead', 'received']),
      ),
    );
  expect(waiting, 'events that were not applied').toEqual([]);
}

const seconds = (at: Date | null) => (at ? at.getTime() / 1000 : null);

async function checkSubscriptions({ stage, shop }: Hero, theirs: Stripe.Subscription[]): Promise<void> {
  const rows = await stage.db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.merchantId, shop.account.merchantId));
  const now = await stage.now();
  const prices = new Map(
    (await stage.db.select().from(tierPrices)).map((price) => [price.stripePriceId, price]),
  );
  const plans = theirs.filter((one) => one.items.data.some((item) => prices.has(item.price.id)));
  expect(rows.filter((row) => row.stripeSubscriptionId).length, 'one row per plan').toBe(plans.length);
  for (const one of plans) {
    const row = rows.find((each) => each.stripeSubscriptionId === one.id);
    const snapshot = readSubscription(one);
    const item = snapshot.items.find((each) => prices.has(each.priceId));
    const next = snapshot.nextPhase;
    const waits = next && !next.prices.some((price) => price.priceId === item?.priceId) ? next.at : null;
    expect(row && factsOf(row), `subscription ${one.id}`).toEqual({
      status: one.status,
      tierId: prices.get(item?.priceId ?? '')?.tierId,
      interval: item?.interval,
      unitAmount: item?.unitAmount,
      mrrCents: computeMrr(one.status, snapshot.items, snapshot.discounts, snapshot.currency, now),
      start: seconds(item?.periodStart ?? null),
      end: seconds(item?.periodEnd ?? null),
      trialEnd: one.trial_end,
      cancelAt: seconds(snapshot.cancelAt),
      cancelAtPeriodEnd: one.cancel_at_period_end,
      endedAt: one.ended_at,
      schedule: snapshot.scheduleId,
      pendingAt: ENDED.includes(one.status) ? (row ? seconds(row.pendingAt) : null) : seconds(waits),
      pendingPaymentUntil: one.pending_update?.expires_at ?? null,
      pausedCollection: one.pause_collection !== null,
    });
  }
  const current = rows.filter((row) => row.isCurrent);
  expect(current.length, 'exactly one current subscription').toBe(rows.length > 0 ? 1 : 0);
  const living = plans.filter((one) => LIVE.some((status) => status === one.status));
  expect(living.length, 'never two live plans').toBeLessThanOrEqual(1);
  if (living[0]) expect(current[0]?.stripeSubscriptionId, 'the live one counts').toBe(living[0].id);
  const made = await countAudit(stage, shop.account.merchantId, 'subscription.created');
  expect([...made.keys()].sort(), 'one audit row for each').toEqual(
    rows
      .filter((row) => row.stripeSubscriptionId)
      .map((row) => row.id)
      .sort(),
  );
  expect([...made.values()].every((count) => count === 1)).toBe(true);
}

const ENDED: string[] = ['canceled', 'incomplete_expired'];

const factsOf = (row: typeof subscriptions.$inferSelect) => ({
  status: row.status,
  tierId: row.tierId,
  interval: row.interval,
  unitAmount: row.unitAmount,
  mrrCents: row.mrrCents,
  start: seconds(row.currentPeriodStart),
  end: seconds(row.currentPeriodEnd),
  trialEnd: seconds(row.trialEnd),
  cancelAt: seconds(row.cancelAt),
  cancelAtPeriodEnd: row.cancelAtPeriodEnd,
  endedAt: seconds(row.endedAt),
  schedule: row.stripeScheduleId,
  pendingAt: seconds(row.pendingAt),
  pendingPaymentUntil: seconds(row.pendingPaymentUntil),
  pausedCollection: row.pausedCollection,
});

async function checkAddOns({ stage, shop }: Hero, theirs: Stripe.Subscription[]): Promise<void> {
  const rows = await stage.db
    .select()
    .from(storeAddOns)
    .where(eq(storeAddOns.merchantId, shop.account.merchantId));
  const owned = theirs.filter((one) => one.metadata.kind === 'add_on');
  for (const one of owned) {
    const item = one.items.data[0];
    const row = rows.find((each) => each.stripeItemId === item?.id);
    expect(row, `add-on ${one.id}`).toMatchObject({
      status: one.status,
      cancelAtPeriodEnd: one.cancel_at_period_end,
      stripeSubscriptionId: one.id,
    });
    expect(seconds(row?.currentPeriodEnd ?? null)).toBe(item?.current_period_end);
    expect(row?.endedAt === null).toBe(!ENDED.includes(one.status));
  }
  const items = new Set(theirs.flatMap((one) => one.items.data.map((item) => item.id)));
  const gone = rows.filter((row) => !items.has(row.stripeItemId));
  expect(
    gone.every((row) => row.endedAt !== null),
    'an item that is gone has ended',
  ).toBe(true);
}

async function checkInvoices({ stage, shop, customer }: Hero, bills: Stripe.Invoice[]): Promise<void> {
  const rows = await stage.db.select().from(invoices).where(eq(invoices.merchantId, shop.account.merchantId));
  const says = (one: {
    status: string | null;
    number: string | null;
    total: number;
    amountPaid: number;
  }) => ({
    status: one.status,
    number: one.number,
    total: one.total,
    amountPaid: one.amountPaid,
  });
  expect(
    Object.fromEntries(rows.map((row) => [row.stripeInvoiceId, says(row)])),
    'each invoice once, as Stripe has it',
  ).toEqual(Object.fromEntries(bills.map((bill) => [bill.id, says(readInvoice(bill))])));
  const made = await countAudit(stage, shop.account.merchantId, 'invoice.created');
  expect([...made.keys()].sort()).toEqual(rows.map((row) => row.id).sort());
  expect([...made.values()].every((count) => count === 1)).toBe(true);
  const charges = await stage.stripe.charges
    .list({ customer, limit: 100 })
    .autoPagingToArray({ limit: 1000 });
  const refunded = charges.reduce((sum, charge) => sum + charge.amount_refunded, 0);
  expect(
    rows.reduce((sum, row) => sum + row.refunded, 0),
    'what went back',
  ).toBe(refunded);
}

async function checkMovements({ stage, shop }: Hero): Promise<void> {
  const mine = <T extends { merchantId: typeof mrrMovements.merchantId }>(table: T) =>
    eq(table.merchantId, shop.account.merchantId);
  const moves = await stage.db.select().from(mrrMovements).where(mine(mrrMovements));
  const [plans] = await stage.db
    .select({ sum: sql<number>`coalesce(sum(${subscriptions.mrrCents}), 0)::int` })
    .from(subscriptions)
    .where(eq(subscriptions.merchantId, shop.account.merchantId));
  const [addOns] = await stage.db
    .select({ sum: sql<number>`coalesce(sum(${storeAddOns.mrrCents}), 0)::int` })
    .from(storeAddOns)
    .where(eq(storeAddOns.merchantId, shop.account.merchantId));
  expect(
    moves.reduce((sum, one) => sum + one.delta, 0),
    'movements add up to what recurs',
  ).toBe((plans?.sum ?? 0) + (addOns?.sum ?? 0));
}

async function checkCredits({ stage, shop, customer }: Hero): Promise<void> {
  const { merchantId } = shop.account;
  const lines = await stage.db.select().from(creditLedger).where(eq(creditLedger.merchantId, merchantId));
  const [wallet] = await stage.db
    .select()
    .from(creditWallets)
    .where(eq(creditWallets.merchantId, merchantId));
  for (const bucket of ['monthly', 'purchased'] as const) {
    const sum = lines
      .filter((line) => line.bucket === bucket)
      .reduce((total, line) => total + line.amount, 0);
    expect(sum, `the ${bucket} ledger is the wallet`).toBe(wallet?.[bucket] ?? 0);
    expect(sum).toBeGreaterThanOrEqual(0);
  }
  const sessions = await stage.stripe.checkout.sessions
    .list({ customer, limit: 100 })
    .autoPagingToArray({ limit: 1000 });
  const paid = sessions.filter((one) => one.mode === 'payment' && one.payment_status === 'paid');
  const purchases = lines.filter((line) => line.kind === 'purchase').map((line) => line.sourceKey);
  expect(purchases.sort(), 'each paid session granted once').toEqual(
    paid.map((session) => `session:${session.id}`).sort(),
  );
  const months = new Map<string, number>();
  for (const line of lines.filter((each) => each.kind === 'grant')) {
    const month = line.sourceKey.split(':')[1] ?? '';
    months.set(month, (months.get(month) ?? 0) + line.amount);
  }
  expect(
    [...months.values()].every((sum) => [100, 500].includes(sum)),
    'a month grants what one tier grants',
  ).toBe(true);
}

async function countAudit(stage: Hero['stage'], merchantId: string, action: string) {
  const rows = await stage.db
    .select({ id: auditLog.entityId })
    .from(auditLog)
    .where(and(eq(auditLog.merchantId, merchantId), eq(auditLog.action, action)));
  const counts = new Map<string, number>();
  for (const { id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
