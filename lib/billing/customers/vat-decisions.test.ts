import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { auditLog, customers, invoices, subscriptions } from '@/db/schema';
import {
  countVatToDecide,
  listAllInvoices,
  listOddNumbers,
  listUntaxed,
} from '@/lib/billing/reports/invoice-list';
import { addDays } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { type BillingDetailsInput, updateBillingDetails } from './billing-details';
import { ensureStripeCustomer, getCustomer } from './customers';
import { checkVatNumber } from './vat-check';
import { acceptWithoutVat, reissueWithVat, turnTaxOn } from './vat-decisions';
import { weighTax } from './weigh-tax';

const VALID = 'DE312473943';
const MADE_UP = 'DE136695976';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(() => stage.vies.control('reset', {}));

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
const save = async (shop: Shop, details: BillingDetailsInput) =>
  updateBillingDetails(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    details,
  });
const weigh = async (shop: Shop) =>
  weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
const check = async (shop: Shop) =>
  checkVatNumber(
    stage.db,
    stage.stripe,
    shop.account.merchantId,
    { url: stage.vies.url, ownNumber: stage.vies.seller },
    await stage.by(shop),
  );
const invoicesOf = (shop: Shop) =>
  stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId))
    .orderBy(invoices.issuedAt, invoices.id);
const listed = async (view: 'vat_to_decide' | 'without_vat' | 'vat_decided' | 'not_finalised', shop: Shop) =>
  listAllInvoices(stage.db, { view, merchantIds: [shop.account.merchantId], limit: 50 });

/** A subscriber in Germany. */
async function german(): Promise<Subscriber> {
  const shop = await stage.subscriber('professional');
  await save(shop, { name: 'Muster GmbH', address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' } });
  return shop;
}
/** To the next invoice, and an hour for its being finalised, its events taken in. */
async function renew(shop: Shop): Promise<void> {
  const end = (await stage.current(shop)).currentPeriodEnd ?? new Date();
  // What rang before is heard of late: after the invoice.
  const late = await stage.newEvents();
  await stage.advanceTo(addDays(end, 0.1));
  for (const event of late) await stage.deliver(event);
  await stage.deliverNew();
}
/** An invoice that went out without VAT for a number that was typed in at Stripe, unheard by us. */
async function untaxedInvoice(number = MADE_UP) {
  const shop = await german();
  await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: number });
  await renew(shop);
  const [row] = await listed('vat_to_decide', shop);
  if (!row) throw new Error('nothing to decide');
  return { shop, row };
}

describe('no made-up number of the right form gets an invoice without VAT that nobody sees', () => {
  const ways: Record<string, (shop: Subscriber) => Promise<unknown>> = {
    'from our page': (shop) => save(shop, { vatNumber: MADE_UP }),
    'from the portal or Stripe’s API, heard of at once': async (shop) => {
      await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: MADE_UP });
      await stage.deliverNew();
      await weigh(shop);
    },
    'from Stripe’s side, unheard before the invoice': (shop) =>
      stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: MADE_UP }),
    'by tax_exempt at Stripe, unheard before the invoice': (shop) =>
      stage.stripe.customers.update(shop.customerId, { tax_exempt: 'reverse' }),
    'by tax_exempt at Stripe, heard of': async (shop) => {
      await stage.stripe.customers.update(shop.customerId, { tax_exempt: 'reverse' });
      await stage.deliverNew();
      await weigh(shop);
    },
    'beside a confirmed one, of another country': async (shop) => {
      await save(shop, { vatNumber: VALID });
      await check(shop);
      await stage.deliverNew();
      await save(shop, { address: { country: 'LU' } });
      await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: 'FR40303265045' });
    },
  };
  test.each(Object.keys(ways))('%s', async (name) => {
    const shop = await german();
    await ways[name]?.(shop);
    await renew(shop);
    const last = (await invoicesOf(shop)).at(-1);
    expect(last?.total).toBeGreaterThan(0);
    expect(last?.tax === 0).toBe((await listed('vat_to_decide', shop)).some(({ id }) => id === last?.id));
    // And the one after it bears VAT in any case.
    await weigh(shop);
    await renew(shop);
    const next = (await invoicesOf(shop)).at(-1);
    expect(next?.id).not.toBe(last?.id);
    expect(next?.tax).toBeGreaterThan(0);
  });

  test('and an event that got lost is found out by the invoice that it made', async () => {
    const shop = await german();
    await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: MADE_UP });
    await stage.newEvents();
    await renew(shop);
    expect(await listed('vat_to_decide', shop)).toHaveLength(1);
    const asked = await stage.db.execute(
      sql`select 1 from graphile_worker.jobs where key = ${`apply_tax_treatment:look:${shop.account.merchantId}`}`,
    );
    expect(asked).toHaveLength(1);
    await weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop), { look: true });
    expect((await getCustomer(stage.db, shop.account.merchantId)).vatNumber).toBe(MADE_UP);
    expect((await stage.stripe.customers.listTaxIds(shop.customerId)).data).toEqual([]);
  });

  test('by Checkout, which asks for a number only without Stripe Tax', async () => {
    const shop = await stage.merchant();
    const { sessionId } = await stage.checkout(shop);
    const session = await stage.stripe.checkout.sessions.retrieve(sessionId);
    expect(session.tax_id_collection?.enabled ?? false).toBe(false);
  });

  test('and a confirmed one is not listed', async () => {
    const shop = await german();
    await save(shop, { vatNumber: VALID });
    await check(shop);
    await renew(shop);
    expect((await invoicesOf(shop)).at(-1)).toMatchObject({
      tax: 0,
      taxReason: 'reverse_charge',
      customerVatNumber: VALID,
      customerCountry: 'DE',
      vatIssue: null,
    });
    expect(await listed('vat_to_decide', shop)).toEqual([]);
    expect(await listed('without_vat', shop)).toHaveLength(1);
  });
});

describe('VAT to decide', () => {
  test('says what is at stake and what VIES says of the number', async () => {
    const other = await german();
    await renew(other);
    const { shop, row } = await untaxedInvoice();
    expect(row).toMatchObject({
      vatIssue: 'number_unproven',
      vatNumber: MADE_UP,
      country: 'DE',
      proof: null,
    });
    expect(row.atStake).toBe(Math.round(row.total * 0.19));
    await check(shop);
    const [again] = await listed('vat_to_decide', shop);
    expect(again?.proof).toMatchObject({ verdict: 'invalid' });
  });

  test('is accepted with a reason, once', async () => {
    const { shop, row } = await untaxedInvoice();
    const before = await countVatToDecide(stage.db);
    const input = { ...(await stage.by(shop)), invoiceId: row.id, reason: 'Confirmed by letter' };
    await acceptWithoutVat(stage.db, input);
    expect(await countVatToDecide(stage.db)).toBe(before - 1);
    expect(await listed('vat_decided', shop)).toMatchObject([
      { decision: 'accepted', decisionReason: 'Confirmed by letter' },
    ]);
    await expect(acceptWithoutVat(stage.db, input)).rejects.toMatchObject({ details: { reason: 'decided' } });
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.entityId, row.id), eq(auditLog.action, 'invoice.vat_accepted')));
    expect(trail).toMatchObject([{ reason: 'Confirmed by letter' }]);
  });

  test('is credited and made again with VAT, which is collected; a second try makes nothing twice', async () => {
    const { shop, row } = await untaxedInvoice();
    await weigh(shop);
    const input = { ...(await stage.by(shop)), invoiceId: row.id, reason: 'The number is made up' };
    const dying = new Proxy(stage.stripe, {
      get: (from, name) =>
        name === 'invoices'
          ? new Proxy(from.invoices, {
              get: (api, verb) =>
                verb === 'finalizeInvoice'
                  ? async () => {
                      throw new Error('the process died');
                    }
                  : Reflect.get(api, verb),
            })
          : Reflect.get(from, name),
    });
    await expect(reissueWithVat(stage.db, dying, input)).rejects.toThrow('the process died');
    const { reissuedAs } = await reissueWithVat(stage.db, stage.stripe, input);
    await stage.advance(0.1);
    await stage.deliverNew();
    const rows = await invoicesOf(shop);
    const made = rows.filter(({ stripeInvoiceId }) => stripeInvoiceId === reissuedAs);
    expect(made).toMatchObject([
      { status: 'paid', tax: Math.round(row.total * 0.19), amountPaid: Math.round(row.total * 0.19) },
    ]);
    expect(rows.find(({ id }) => id === row.id)).toMatchObject({ credited: row.total, vatIssue: null });
    expect((await stage.stripe.creditNotes.list({ invoice: row.stripeInvoiceId })).data).toHaveLength(1);
    expect(await listed('vat_to_decide', shop)).toEqual([]);
    expect(await listed('vat_decided', shop)).toMatchObject([{ decision: 'reissued', reissuedAs }]);
  });

  test('is not made again while the rule says that no VAT is due', async () => {
    const { shop, row } = await untaxedInvoice(VALID);
    await check(shop);
    const input = { ...(await stage.by(shop)), invoiceId: row.id, reason: 'x' };
    await expect(reissueWithVat(stage.db, stage.stripe, input)).rejects.toMatchObject({
      details: { reason: 'not_charged' },
    });
    expect((await listed('vat_to_decide', shop))[0]?.proof).toMatchObject({ verdict: 'valid' });
  });
});

test('a subscription whose tax Stripe turned off is listed, and taxed again when somebody says so', async () => {
  const shop = await german();
  await stage.stripe.customers.update(shop.customerId, { address: '' }).catch(() => {});
  await stage.control('settings', { unplaceable_address: 'stored' });
  await stage.stripe.customers.update(shop.customerId, { address: { country: '' } as never });
  await renew(shop);
  await stage.control('settings', { unplaceable_address: 'refused' });
  const of = (rows: { merchantId: string }[]) =>
    rows.filter(({ merchantId }) => merchantId === shop.account.merchantId);
  expect(of(await listUntaxed(stage.db))).toMatchObject([{ reason: 'requires_location_inputs' }]);
  expect(await listed('vat_to_decide', shop)).toMatchObject([{ vatIssue: 'tax_disabled' }]);
  const input = {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    stripeSubscriptionId: shop.subscriptionId,
  };
  await expect(turnTaxOn(stage.db, stage.stripe, input)).rejects.toMatchObject({
    fields: [{ path: 'address' }],
  });
  await save(shop, { address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' } });
  await turnTaxOn(stage.db, stage.stripe, input);
  expect(of(await listUntaxed(stage.db))).toEqual([]);
  const [row] = await stage.db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, shop.subscriptionId));
  expect(row).toMatchObject({ automaticTax: true, taxDisabledReason: null });
});

test('a number without an answer for thirty days is for a person', async () => {
  const shop = await stage.merchant();
  await ensureStripeCustomer(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
  await save(shop, { address: { country: 'DE' }, vatNumber: VALID });
  await check(shop);
  const now = await stage.now();
  const has = async (days: number) =>
    (await listOddNumbers(stage.db, addDays(now, days))).some(
      ({ merchantId }) => merchantId === shop.account.merchantId,
    );
  expect([await has(119), await has(121)]).toEqual([false, true]);
  expect((await getCustomer(stage.db, shop.account.merchantId)).vatStatus).toBe('valid');
  await stage.db
    .update(customers)
    .set({ vatStatus: 'unavailable', vatCheckedAt: null, vatFailures: 80 })
    .where(eq(customers.merchantId, shop.account.merchantId));
  expect(await has(0)).toBe(true);
});
