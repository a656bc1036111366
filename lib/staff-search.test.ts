import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@/db/ids';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { customers, invoices, subscriptions, webhookEvents } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { searchConsole } from './staff-search';

let database: Awaited<ReturnType<typeof testDatabase>>;
const at = new Date('2026-03-01T00:00:00Z');

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  for (const [key, name] of [
    ['oak', 'Oak & Sons 100%'],
    ['elm', 'Elm Street Books'],
  ] as const) {
    const stores = [{ code: key.toUpperCase(), name: `${name} Paris` }];
    const owner = { email: `${key}@people.test`, name: `${name} Owner` };
    await makeMerchant(db, { key, name, at, stores, owner });
  }
  const account = { merchantId: 'mer_oak', platformId: MARKET };
  await db.update(customers).set({ stripeCustomerId: 'cus_Oak1' }).where(eq(customers.merchantId, 'mer_oak'));
  await db.insert(subscriptions).values({
    id: 'sub_oak',
    ...account,
    tierId: 'tier_market_professional',
    stripeSubscriptionId: 'sub_1OakAtStripe',
    status: 'active',
    interval: 'month',
    currency: 'EUR',
    unitAmount: 9900,
    startedAt: at,
  });
  await db.insert(invoices).values({
    id: newId('inv'),
    stripeInvoiceId: 'in_1Oak',
    ...account,
    kind: 'plan',
    number: 'OAK1-0001',
    status: 'paid',
    currency: 'EUR',
    subtotal: 9900,
    tax: 0,
    total: 9900,
    amountDue: 9900,
    amountPaid: 9900,
    issuedAt: at,
  });
  await db.insert(webhookEvents).values({
    id: 'evt_1Oak',
    type: 'invoice.paid',
    status: 'processed',
    merchantId: 'mer_oak',
    payload: {},
    createdAt: at,
  });
});
afterAll(() => database.close());

const found = async (text: string) =>
  (await searchConsole(database.db, text)).map((one) => `${one.kind} ${one.title}`);

test('a name, an e-mail or a store code finds the merchant and its stores, whatever the case', async () => {
  expect(await found('oak')).toEqual(['merchant Oak & Sons 100%', 'store Oak & Sons 100% Paris']);
  expect(await found('STREET')).toEqual(['merchant Elm Street Books', 'store Elm Street Books Paris']);
  expect(await found('billing@elm')).toEqual(['merchant Elm Street Books']);
  expect(await found('books owner')).toEqual(['merchant Elm Street Books']);
  expect(await found('ELM@people.test')).toEqual(['merchant Elm Street Books']);
});

test('an id or an invoice number, given whole, finds its thing', async () => {
  expect(await found('mer_elm')).toEqual(['merchant Elm Street Books']);
  expect(await found('cus_Oak1')).toEqual(['merchant Oak & Sons 100%']);
  expect(await found('sto_oak')).toEqual(['store Oak & Sons 100% Paris']);
  expect(await found('sub_oak')).toEqual(['subscription Oak & Sons 100%']);
  expect(await found('sub_1OakAtStripe')).toEqual(['subscription Oak & Sons 100%']);
  expect(await found('oak1-0001')).toEqual(['invoice OAK1-0001']);
  expect(await found('in_1Oak')).toEqual(['invoice OAK1-0001']);
  expect(await found('evt_1Oak')).toEqual(['event invoice.paid']);
  expect(await found('evt_1Oa')).toEqual([]);
});

test('two letters find beginnings; one, nothing; wildcards and junk are only letters', async () => {
  expect(await found('el')).toEqual(['merchant Elm Street Books', 'store Elm Street Books Paris']);
  expect(await found('lm')).toEqual([]);
  expect(await found('e')).toEqual([]);
  expect(await found('%%')).toEqual([]);
  expect(await found('100%')).toEqual(['merchant Oak & Sons 100%', 'store Oak & Sons 100% Paris']);
  expect(await found(`o\0ak' or 1=1 --`)).toEqual([]);
  expect(await found('x'.repeat(100_000))).toEqual([]);
});
