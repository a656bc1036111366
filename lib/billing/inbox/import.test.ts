import { eq, sql } from 'drizzle-orm';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emails, invoices, merchants, storeAddOns } from '@/db/schema';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { importSubscriptions } from './import';
import { readMatches } from './import-matches';
import type { ImportOptions } from './import-one';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const run = async (options: Partial<ImportOptions> = {}) => {
  const actor = { kind: 'system' as const, id: 'stripe:import' };
  const rows = await importSubscriptions(stage.db, stage.stripe, {
    apply: false,
    actor,
    now: await stage.now(),
    ...options,
  });
  return new Map(rows.map((row) => [row.subscription, row]));
};

/** A subscription as another billing system left it: no marks of ours. */
async function foreign(of: { email?: string; metadata?: Record<string, string>; keys?: string[] }) {
  const customer = await stage.stripe.customers.create({ email: of.email, metadata: of.metadata });
  await stage.card(customer.id, 'pm_card_visa');
  const keys = of.keys ?? ['market:professional:month:eur'];
  const items = await Promise.all(
    keys.map(async (key) => ({
      price: (await stage.stripe.prices.list({ lookup_keys: [key] })).data[0]?.id,
    })),
  );
  const { id } = await stage.stripe.subscriptions.create({ customer: customer.id, items });
  await stage.newEvents();
  return { id, customer: customer.id };
}
const emailOf = async (shop: Shop) => {
  const [row] = await stage.db.select().from(merchants).where(eq(merchants.id, shop.account.merchantId));
  return row?.email ?? '';
};
const rowCounts = () =>
  stage.db.execute(sql`select (select count(*) from subscriptions) s, (select count(*) from invoices) i,
    (select count(*) from audit_log) a, (select count(*) from customers where stripe_customer_id is not null) c`);

describe('the import of an existing Stripe account', () => {
  test('a dry run says what would come of each and writes nothing; applied, it does that; again, it does nothing', async () => {
    const byMail = await stage.merchant({ trialDays: 10 });
    const byMark = await stage.merchant();
    const byList = await stage.merchant();
    const doubled = await stage.merchant();
    const twin = await stage.merchant();
    await stage.db
      .update(merchants)
      .set({ email: await emailOf(doubled) })
      .where(eq(merchants.id, twin.account.merchantId));
    const mail = await foreign({ email: (await emailOf(byMail)).toUpperCase() });
    const mark = await foreign({
      metadata: { merchant: byMark.account.merchantId },
      keys: ['market:email_5:month:eur', 'market:essential:month:eur'],
    });
    const list = await foreign({ email: 'nobody@example.test' });
    const unclear = await foreign({ email: await emailOf(doubled) });
    const stranger = await foreign({ email: 'stranger@example.test' });
    const matches = readMatches(
      `stripe_customer_id,merchant_id\n${list.customer},${byList.account.merchantId}\n`,
    );
    const before = await rowCounts();
    const dry = await run({ matches });
    expect(await rowCounts()).toEqual(before);
    const outcomes = (rows: typeof dry) =>
      [mail, mark, list, unclear, stranger].map((one) => rows.get(one.id)?.outcome);
    const [open, left] = [
      ['would_import', 'would_import', 'would_import'],
      ['ambiguous', 'no_merchant'],
    ];
    expect(outcomes(dry)).toEqual([...open, ...left]);

    const applied = await run({ matches, apply: true });
    expect(outcomes(applied)).toEqual(['imported', 'imported', 'imported', ...left]);
    expect(await stage.current(byMail)).toMatchObject({ status: 'active', stripeSubscriptionId: mail.id });
    expect(await stage.current(byMark)).toMatchObject({ tier: { code: 'essential' }, mrrCents: 5400 });
    expect(await stage.current(byList)).toMatchObject({ stripeSubscriptionId: list.id });
    const items = await stage.db
      .select()
      .from(storeAddOns)
      .where(eq(storeAddOns.merchantId, byMark.account.merchantId));
    expect(items).toMatchObject([{ addOnId: 'aon_email_5', status: 'active' }]);
    const bills = await stage.db
      .select()
      .from(invoices)
      .where(eq(invoices.merchantId, byMail.account.merchantId));
    expect(bills).toMatchObject([{ status: 'paid', kind: 'plan' }]);
    expect(await stage.db.select().from(emails)).toEqual([]);
    const marked = await stage.stripe.subscriptions.retrieve(mail.id);
    expect(marked.metadata).toMatchObject({
      merchant: byMail.account.merchantId,
      kind: 'plan',
      tier: 'professional',
    });

    const after = await rowCounts();
    expect(outcomes(await run({ matches, apply: true }))).toEqual([
      'already_there',
      'already_there',
      'already_there',
      ...left,
    ]);
    expect(await rowCounts()).toEqual(after);
  });

  test('a second plan, another customer and an unknown price are left to a person, with the reason', async () => {
    const shop = await stage.subscriber();
    const other = await foreign({ metadata: { merchant: shop.account.merchantId } });
    const pair = await stage.merchant();
    const [first, second] = [
      await foreign({ email: await emailOf(pair) }),
      await foreign({ email: await emailOf(pair) }),
    ];
    const product = await stage.stripe.products.create({ name: 'Old' });
    const price = await stage.stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    const customer = await stage.stripe.customers.create({ email: await emailOf(pair) });
    await stage.card(customer.id, 'pm_card_visa');
    const odd = await stage.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    });
    const rows = await run();
    expect(rows.get(other.id)).toMatchObject({ outcome: 'ambiguous' });
    expect(rows.get(other.id)?.detail).toContain(shop.customerId);
    expect([first, second].map((one) => rows.get(one.id)?.outcome).sort()).toEqual([
      'ambiguous',
      'would_import',
    ]);
    expect(rows.get(odd.id)).toMatchObject({ outcome: 'unmapped_price', detail: price.id });
  });

  test('another platform is left alone when one is named', async () => {
    const shop = await stage.merchant();
    const one = await foreign({ email: await emailOf(shop) });
    expect((await run({ platformId: 'plt_loyalty' })).get(one.id)).toMatchObject({
      outcome: 'other_platform',
    });
  });
});

test('a list that cannot be read names its line', () => {
  expect(() => readMatches('a,b\n')).toThrow(/validation_failed/);
  expect(() => readMatches('stripe_customer_id,merchant_id\ncus_1\n')).toThrow(/validation_failed/);
  expect(() => readMatches('stripe_customer_id,merchant_id\ncus_1,a\ncus_1,b\n')).toThrow(
    /validation_failed/,
  );
  expect(readMatches('stripe_customer_id,name,merchant_id\ncus_1,"ACME, Ltd",mer_1\r\n')).toEqual(
    new Map([['cus_1', 'mer_1']]),
  );
  expect(() => readMatches('stripe_customer_id,merchant_id\n"cus_1,mer_1\n')).toThrow(/validation_failed/);
  expect(readMatches('merchant_id,stripe_customer_id\r\n"mer_1","cus_1"\r\n')).toEqual(
    new Map([['cus_1', 'mer_1']]),
  );
});

test.each([
  ['every_3_periods', { recurring: { interval: 'month', interval_count: 3 } }],
  ['every_week', { recurring: { interval: 'week' } }],
  ['tax_inclusive', { tax_behavior: 'inclusive' }],
  ['parts_of_a_cent', { unit_amount: undefined, unit_amount_decimal: '9950.5' }],
] as const)('refuses what no tier can say: %s', async (what, differs) => {
  const shop = await stage.merchant();
  const [plain] = (await stage.stripe.prices.list({ lookup_keys: ['market:professional:month:eur'] })).data;
  const { unit_amount, unit_amount_decimal, ...rest } = {
    currency: 'eur',
    product: String(plain?.product),
    unit_amount: 9_900,
    unit_amount_decimal: undefined,
    recurring: { interval: 'month' },
    tax_behavior: 'exclusive',
    ...differs,
  } as const;
  const amount =
    unit_amount === undefined
      ? { unit_amount_decimal: Stripe.Decimal.from(unit_amount_decimal ?? '') }
      : { unit_amount };
  const price = await stage.stripe.prices.create({ ...rest, ...amount });
  const customer = await stage.stripe.customers.create({ email: await emailOf(shop) });
  await stage.card(customer.id, 'pm_card_visa');
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
  });
  expect((await run({ apply: true })).get(id)).toMatchObject({
    outcome: 'not_held',
    detail: `${price.id} ${what}`,
  });
  expect(
    await stage.db.select().from(invoices).where(eq(invoices.merchantId, shop.account.merchantId)),
  ).toEqual([]);
});

test('takes a quantity of three, and a price without a word on tax', async () => {
  const shop = await stage.merchant();
  const [plain] = (await stage.stripe.prices.list({ lookup_keys: ['market:professional:month:eur'] })).data;
  const price = await stage.stripe.prices.create({
    currency: 'eur',
    product: String(plain?.product),
    unit_amount: 9_900,
    recurring: { interval: 'month' },
  });
  const customer = await stage.stripe.customers.create({ email: await emailOf(shop) });
  await stage.card(customer.id, 'pm_card_visa');
  const { id } = await stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 3 }],
  });
  expect((await run({ apply: true })).get(id)).toMatchObject({ outcome: 'imported' });
  expect(await stage.current(shop)).toMatchObject({ mrrCents: 29_700, tier: { code: 'professional' } });
});
