import { and, asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creditPackages, invoices, subscriptions } from '@/db/schema';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { getBalance, listLedger } from '@/lib/billing/account/wallet';
import { type Account, findAccount } from '@/lib/billing/accounts';
import { getCustomer } from '@/lib/billing/customers/customers';
import { listAddOnProducts } from '@/lib/billing/plans/extras';
import { listTiers } from '@/lib/billing/plans/tiers';
import { listStoreAddOns, startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { addDays } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { listInvoices } from './invoices';
import { getBillingOverview } from './overview';
import { loadOverviewFacts } from './overview-facts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ at: new Date('2026-03-10T09:00:00Z') });
});
afterAll(() => stage.close());

/** What the page was made of before it was one statement: each read alone. */
async function readOneByOne(account: Account, show: { invoices: number; ledger: number }) {
  const { db } = stage;
  return {
    currency: 'EUR',
    tiers: await listTiers(db, account.platformId),
    addOnProducts: await listAddOnProducts(db, account.platformId),
    creditPackages: await db
      .select()
      .from(creditPackages)
      .where(and(eq(creditPackages.platformId, account.platformId), eq(creditPackages.isActive, true)))
      .orderBy(asc(creditPackages.displayOrder)),
    subscription: await findCurrentSubscription(db, account),
    kept: await findAccount(db, account),
    customer: await getCustomer(db, account.merchantId),
    invoices: await listInvoices(db, account, { limit: show.invoices }),
    storeAddOns: await listStoreAddOns(db, account),
    balance: await getBalance(db, account),
    ledger: await listLedger(db, account, { limit: show.ledger }),
  };
}

async function requireTheSame(account: Account, show = { invoices: 12, ledger: 10 }) {
  const facts = await loadOverviewFacts(stage.db, account, show);
  const alone = await readOneByOne(account, show);
  // Limits and features have no order of their own.
  const sorted = ({ tiers, addOnProducts, ...rest }: typeof alone) => ({
    ...rest,
    tiers: tiers.map((tier) => ({
      ...tier,
      limits: [...tier.limits].sort((a, b) => a.featureCode.localeCompare(b.featureCode)),
    })),
    addOnProducts: addOnProducts.map((one) => ({
      ...one,
      features: [...one.features].sort((a, b) => a.featureCode.localeCompare(b.featureCode)),
    })),
  });
  expect(sorted(facts as typeof alone)).toEqual(sorted(alone));
  return facts;
}

test('one statement reads what eleven did, for a merchant that bought everything', async () => {
  const shop = await stage.subscriber('professional');
  const products = await listAddOnProducts(stage.db, shop.account.platformId);
  for (const product of products.slice(0, 2)) {
    const { sessionId } = await startAddOnCheckout(stage.db, stage.stripe, {
      ...(await stage.request(shop)),
      addOnCode: product.code,
      domain: product.category === 'domain' ? `${shop.storeCode.toLowerCase()}.example.com` : undefined,
    });
    await stage.pay(sessionId);
  }
  const [pack] = await stage.db.select().from(creditPackages).limit(1);
  await stage.buyCredits(shop, pack?.code ?? '');
  await stage.deliverNew();
  // Stripe lists the events of thirty days.
  for (let months = 0; months < 3; months++) {
    await stage.advance(28);
    await stage.deliverNew();
  }
  const facts = await requireTheSame(shop.account);
  expect(facts.invoices.length).toBeGreaterThan(2);
  expect(facts.storeAddOns).toHaveLength(2);
  expect(facts.ledger.length).toBeGreaterThan(0);
  await requireTheSame(shop.account, { invoices: 1, ledger: 0 });
});

test('a pending change, an archived tier and a draft invoice read the same', async () => {
  const shop = await stage.subscriber('business', 'year');
  const current = await stage.current(shop);
  const [essential] = await listTiers(stage.db, shop.account.platformId);
  const pending = { pendingTierId: essential?.id, pendingInterval: 'month' as const };
  await stage.db
    .update(subscriptions)
    .set({ ...pending, pendingAt: addDays(await stage.now(), 30), discounts: [{ id: 'di_1' }] })
    .where(eq(subscriptions.id, current.id));
  await stage.db
    .update(invoices)
    .set({ status: 'draft' })
    .where(eq(invoices.merchantId, shop.account.merchantId));
  const facts = await requireTheSame(shop.account);
  expect(facts.invoices).toEqual([]);
  const overview = await getBillingOverview(stage.db, shop.account, await stage.now());
  expect(overview.pending).toMatchObject({ tierName: essential?.name, interval: 'month' });
});

test('a merchant in its trial, and one that never met the platform', async () => {
  const trying = await stage.merchant({ trialDays: 30 });
  await requireTheSame(trying.account);
  const stranger = await stage.merchant();
  const facts = await requireTheSame(stranger.account);
  expect(facts).toMatchObject({ subscription: null, kept: null, balance: { monthly: 0, purchased: 0 } });
});

test('an unknown merchant is not found', async () => {
  const shop = await stage.merchant();
  const account = { ...shop.account, merchantId: 'mer_nobody' };
  await expect(getBillingOverview(stage.db, account, await stage.now())).rejects.toMatchObject({
    kind: 'not_found',
  });
});
