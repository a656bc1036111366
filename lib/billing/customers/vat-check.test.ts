import { eq } from 'drizzle-orm';
import { run } from 'graphile-worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { auditLog, customers, emails, vatProofs } from '@/db/schema';
import { addDays, DAY_MS } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { type BillingDetailsInput, updateBillingDetails } from './billing-details';
import { ensureStripeCustomer, getCustomer } from './customers';
import { askForVatChecks, checkVatNumber, retryAfterMs } from './vat-check';
import { weighTax } from './weigh-tax';

const VALID = 'DE312473943';
const MADE_UP = 'DE136695976';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(() => stage.vies.control('reset', {}));

const vies = () => ({ url: stage.vies.url, ownNumber: stage.vies.seller });
const save = async (shop: Shop, details: BillingDetailsInput) =>
  updateBillingDetails(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    details,
  });
const check = async (shop: Shop, at?: Date) => {
  const act = await stage.by(shop);
  return checkVatNumber(stage.db, stage.stripe, shop.account.merchantId, vies(), {
    ...act,
    now: at ?? act.now,
  });
};
const weigh = async (shop: Shop) =>
  weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
const rowOf = (shop: Shop) => getCustomer(stage.db, shop.account.merchantId);
const customerOf = async (shop: Shop) =>
  ensureStripeCustomer(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
const numbersOf = async (customer: string) =>
  (await stage.stripe.customers.listTaxIds(customer)).data.map((one) => one.value);
const proofsOf = (shop: Shop) =>
  stage.db
    .select()
    .from(vatProofs)
    .where(eq(vatProofs.merchantId, shop.account.merchantId))
    .orderBy(vatProofs.at);
const mailsOf = async (shop: Shop) =>
  (
    await stage.db
      .select()
      .from(emails)
      .where(eq(emails.merchantId, shop.account.merchantId))
      .orderBy(emails.createdAt)
  )
    .filter(({ template }) => template.startsWith('vat_'))
    .map(({ template }) => template);
const upcomingTax = async (subscription: string) =>
  (await stage.stripe.invoices.createPreview({ subscription })).total_taxes?.reduce(
    (sum, one) => sum + one.amount,
    0,
  );

/** A merchant with a customer at Stripe, in Germany. */
async function german(details: BillingDetailsInput = {}): Promise<{ shop: Shop; customer: string }> {
  const shop = await stage.merchant();
  const customer = await customerOf(shop);
  await save(shop, {
    name: 'Muster GmbH',
    address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' },
    ...details,
  });
  return { shop, customer };
}

describe('a number typed on our page', () => {
  test('is not at Stripe before VIES said yes, is there after it, with its proof', async () => {
    const { shop, customer } = await german({ vatNumber: 'de 312.473.943' });
    expect(await rowOf(shop)).toMatchObject({
      vatNumber: VALID,
      vatTyped: 'de 312.473.943',
      vatStatus: 'pending',
      treatment: 'charge',
      treatmentReason: 'number_pending',
    });
    expect(await numbersOf(customer)).toEqual([]);
    expect(await check(shop)).toEqual({ asked: true, answer: 'valid' });
    expect(await numbersOf(customer)).toEqual([VALID]);
    const row = await rowOf(shop);
    expect(row).toMatchObject({
      vatStatus: 'valid',
      treatment: 'reverse',
      vatConsultationNumber: expect.stringMatching(/^WAPI/),
    });
    const [proof, more] = await proofsOf(shop);
    expect(more).toBeUndefined();
    expect(proof).toMatchObject({
      number: VALID,
      verdict: 'valid',
      consultationNumber: row.vatConsultationNumber,
    });
    expect(proof?.raw).toMatchObject({ valid: true, countryCode: 'DE', vatNumber: '312473943' });
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.entityId, shop.account.merchantId));
    expect(trail.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['billing_details.vat_checked', 'billing_details.tax_weighed']),
    );
    await stage.deliverNew();
    expect(await rowOf(shop)).toMatchObject({ vatNumber: VALID, vatStatus: 'valid', treatment: 'reverse' });
    expect(await check(shop)).toEqual({ asked: false });
  });

  test('a proof is never changed', async () => {
    const { shop } = await german({ vatNumber: VALID });
    await check(shop);
    const change = stage.db.update(vatProofs).set({ verdict: 'invalid' });
    await expect(change).rejects.toThrow();
  });

  test('that is made up never comes to Stripe, and is shown as not valid', async () => {
    const { shop, customer } = await german({ vatNumber: MADE_UP });
    expect(await check(shop)).toEqual({ asked: true, answer: 'invalid' });
    expect(await numbersOf(customer)).toEqual([]);
    expect(await rowOf(shop)).toMatchObject({ vatStatus: 'invalid', treatmentReason: 'number_invalid' });
  });

  test.each([['LU123'], ['FR 12'], ['DE123456789']])(
    '%s is refused at its field (found.md C)',
    async (vatNumber) => {
      const shop = await stage.merchant();
      await expect(save(shop, { vatNumber })).rejects.toMatchObject({ fields: [{ path: 'vatNumber' }] });
    },
  );

  test.each([
    ['XI 312473976', 'XI312473976'],
    ['GR800373943', 'EL800373943'],
  ])('%s is taken as %s (found.md C)', async (vatNumber, kept) => {
    const shop = await stage.merchant();
    expect((await save(shop, { vatNumber })).vatNumber).toBe(kept);
    expect(await check(shop)).toEqual({ asked: true, answer: 'valid' });
  });

  test.each([
    ['LU27317534', 'DE', 'none'],
    ['FR24831240437', 'DE', 'none'],
    [VALID, 'DE', 'reverse'],
    [VALID, 'LU', 'none'],
  ])(
    '%s of a customer in %s: %s (found.md C: a number of another country was free of VAT)',
    async (vatNumber, country, exempt) => {
      const shop = await stage.merchant();
      const customer = await customerOf(shop);
      await save(shop, { address: { country }, vatNumber });
      await check(shop);
      const { treatment } = await rowOf(shop);
      expect(treatment === 'reverse' ? 'reverse' : 'none').toBe(exempt);
      expect(await numbersOf(customer)).toEqual(exempt === 'reverse' ? [vatNumber] : []);
    },
  );
});

describe('when something changes', () => {
  test('a move to our own country is charged, and the move back is not (found.md C #5)', async () => {
    const shop = await stage.subscriber('professional');
    await save(shop, { address: { country: 'DE' }, vatNumber: VALID });
    await check(shop);
    expect(await upcomingTax(shop.subscriptionId)).toBe(0);
    await save(shop, { address: { country: 'LU' } });
    expect([await upcomingTax(shop.subscriptionId), await numbersOf(shop.customerId)]).toEqual([1683, []]);
    await save(shop, { address: { country: 'DE' } });
    expect([await upcomingTax(shop.subscriptionId), await numbersOf(shop.customerId)]).toEqual([0, [VALID]]);
    await stage.deliverNew();
    expect(await rowOf(shop)).toMatchObject({ vatNumber: VALID, vatStatus: 'valid', treatment: 'reverse' });
    expect(await mailsOf(shop)).toEqual(['vat_not_charged', 'vat_charged', 'vat_not_charged']);
  });

  test('a number that turned invalid is charged from the next invoice on, and the owner is told', async () => {
    const shop = await stage.subscriber('professional');
    await save(shop, { address: { country: 'DE' }, vatNumber: VALID });
    await check(shop);
    await stage.vies.control('numbers', { number: VALID, verdict: 'invalid' });
    const at = addDays(await stage.now(), 91);
    await check(shop, at);
    expect(await rowOf(shop)).toMatchObject({ vatStatus: 'invalid', treatment: 'charge' });
    expect(await numbersOf(shop.customerId)).toEqual([]);
    expect(await mailsOf(shop)).toEqual(['vat_not_charged', 'vat_charged']);
    expect(await proofsOf(shop)).toMatchObject([{ verdict: 'valid' }, { verdict: 'invalid' }]);
    await stage.deliverNew();
    expect((await rowOf(shop)).vatNumber).toBe(VALID);
  });

  test('a number whose removal by us is heard of late stays the merchant’s', async () => {
    const { shop, customer } = await german({ vatNumber: VALID });
    await check(shop);
    const events = await stage.newEvents();
    await save(shop, { address: { country: 'FR' } });
    for (const event of [...events, ...(await stage.newEvents())].reverse()) await stage.deliver(event);
    expect(await numbersOf(customer)).toEqual([]);
    expect(await rowOf(shop)).toMatchObject({ vatNumber: VALID, treatmentReason: 'other_country' });
  });
});

describe('a number that comes from Stripe’s side', () => {
  test('is ours, checked, and off while nobody confirmed it', async () => {
    const { shop, customer } = await german();
    await stage.stripe.customers.createTaxId(customer, { type: 'eu_vat', value: MADE_UP });
    await stage.deliverNew();
    expect(await rowOf(shop)).toMatchObject({ vatNumber: MADE_UP, vatStatus: 'pending' });
    await weigh(shop);
    expect(await numbersOf(customer)).toEqual([]);
    await check(shop);
    await stage.deliverNew();
    expect(await rowOf(shop)).toMatchObject({
      vatNumber: MADE_UP,
      vatStatus: 'invalid',
      treatment: 'charge',
    });
  });

  test('that nobody has told us of is taken in, not thrown away, by whoever weighs', async () => {
    const { shop, customer } = await german();
    await stage.stripe.customers.createTaxId(customer, { type: 'eu_vat', value: VALID });
    await save(shop, { name: 'Only the name' });
    await stage.deliverNew();
    expect((await rowOf(shop)).vatNumber).toBe(VALID);
    await check(shop);
    expect(await numbersOf(customer)).toEqual([VALID]);
  });

  test('beside a valid one takes its place: one made up does not stay', async () => {
    const { shop, customer } = await german({ vatNumber: VALID });
    await check(shop);
    await stage.deliverNew();
    await stage.stripe.customers.createTaxId(customer, { type: 'eu_vat', value: 'FR40303265045' });
    await stage.deliverNew();
    await weigh(shop);
    expect(await numbersOf(customer)).toEqual([]);
  });

  test('and is taken away there is gone', async () => {
    const { shop, customer } = await german({ vatNumber: VALID });
    await check(shop);
    await stage.deliverNew();
    const [taxId] = (await stage.stripe.customers.listTaxIds(customer)).data;
    await stage.stripe.customers.deleteTaxId(customer, taxId?.id ?? '');
    await stage.deliverNew();
    expect(await rowOf(shop)).toMatchObject({ vatNumber: null, vatStatus: 'none' });
    await weigh(shop);
    expect(await rowOf(shop)).toMatchObject({ treatment: 'charge', treatmentReason: 'no_number' });
  });

  test.each(['ch_vat', 'gb_vat'] as const)(
    'of kind %s is shown and left alone (found.md C)',
    async (type) => {
      const { shop, customer } = await german();
      const value = type === 'ch_vat' ? 'CHE123456788 TVA' : 'GB980780684';
      await stage.stripe.customers.createTaxId(customer, { type, value });
      await stage.advance(1);
      await stage.deliverNew();
      await save(shop, { email: 'only@example.test' });
      await save(shop, { vatNumber: null });
      await stage.deliverNew();
      const [kept] = (await stage.stripe.customers.listTaxIds(customer)).data;
      expect(kept?.type).toBe(type);
      const row = await rowOf(shop);
      expect(row).toMatchObject({
        vatNumber: null,
        vatStatus: 'none',
        treatment: 'charge',
        taxIds: [{ type }],
      });
    },
  );
});

describe('VIES that does not answer', () => {
  test('a member state that is down is not "invalid": VAT is charged, asked again later, and then not charged', async () => {
    const shop = await stage.subscriber('professional');
    await stage.vies.control('settings', { member_states: { DE: 'down' } });
    await save(shop, { address: { country: 'DE' }, vatNumber: VALID });
    expect(await check(shop)).toEqual({ asked: true, answer: 'unavailable' });
    const row = await rowOf(shop);
    expect(row).toMatchObject({
      vatStatus: 'unavailable',
      vatFailures: 1,
      vatTrouble: 'MS_UNAVAILABLE',
      vatCheckedAt: null,
    });
    expect(await upcomingTax(shop.subscriptionId)).toBeGreaterThan(0);
    expect(await check(shop)).toEqual({ asked: false });
    await stage.vies.control('settings', { member_states: { DE: 'up' } });
    await check(shop, row.vatNextCheckAt ?? undefined);
    expect(await rowOf(shop)).toMatchObject({ vatStatus: 'valid', vatFailures: 0, vatTrouble: null });
    expect(await upcomingTax(shop.subscriptionId)).toBe(0);
    expect(await mailsOf(shop)).toEqual(['vat_not_charged']);
  });

  test.each(['html_503', 'service_unavailable', 'timeout', 'busy', 'blocked'])(
    'a service that is %s changes no verdict',
    async (service) => {
      const { shop, customer } = await german({ vatNumber: VALID });
      await check(shop);
      const { vatCheckedAt } = await rowOf(shop);
      await stage.vies.control('settings', { service });
      await check(shop, addDays(await stage.now(), 91));
      expect(await rowOf(shop)).toMatchObject({
        vatStatus: 'valid',
        vatFailures: 1,
        vatCheckedAt,
        treatment: 'reverse',
      });
      expect(await numbersOf(customer)).toEqual([VALID]);
      expect(await proofsOf(shop)).toHaveLength(1);
    },
  );

  test('is asked later and later, not by all at once, and never less than twice a day', () => {
    const waits = (random: number) => Array.from({ length: 14 }, (_, n) => retryAfterMs(n, () => random));
    expect(waits(0.5).slice(0, 4)).toEqual([60_000, 120_000, 240_000, 480_000]);
    expect(Math.max(...waits(1))).toBeLessThanOrEqual(0.75 * DAY_MS);
    expect(waits(0)[3]).toBeLessThan(waits(0.9)[3] ?? 0);
  });
});

describe('the worker', () => {
  test('asks one member state one thing at a time, however many numbers wait', async () => {
    await stage.db.execute('delete from graphile_worker._private_jobs' as never);
    await stage.vies.control('settings', { slow_ms: 200 });
    const german_ = await Promise.all(
      [VALID, 'DE312473951', MADE_UP, 'DE131313131'].map((vatNumber) => german({ vatNumber })),
    );
    const french = await stage.merchant();
    await save(french, { address: { country: 'FR' }, vatNumber: 'FR24831240437' });
    const runner = await run({
      connectionString: stage.databaseUrl,
      concurrency: 4,
      noHandleSignals: true,
      pollInterval: 100,
      taskList: {
        apply_tax_treatment: async () => {},
        check_vat_number: async (payload) => {
          const { merchantId } = payload as { merchantId: string };
          const act = { ...(await stage.by(french)), now: addDays(await stage.now(), 1) };
          await checkVatNumber(stage.db, stage.stripe, merchantId, vies(), act);
        },
      },
    });
    const shops = [...german_.map(({ shop }) => shop), french];
    const isDone = async () =>
      (await Promise.all(shops.map(rowOf))).every((row) => row.vatStatus !== 'pending');
    await vi.waitUntil(isDone, { timeout: 12_000, interval: 100 });
    await runner.stop();
    const heard = await stage.vies.control<{
      by_country: Record<string, { count: number; most_at_once: number }>;
    }>('requests');
    expect(heard.by_country.DE).toMatchObject({ count: 4, most_at_once: 1 });
    expect(heard.by_country.FR).toMatchObject({ count: 1 });
    const said = (await Promise.all(shops.map(rowOf))).map((row) => row.vatStatus);
    expect(said).toEqual(['valid', 'valid', 'invalid', 'invalid', 'valid']);
  });
});

describe('the job', () => {
  const ask = async (at: Date) =>
    askForVatChecks(stage.db, { ...(await stage.by(await stage.merchant())), now: at });
  const jobsOf = async (shop: Shop) =>
    stage.db.execute<{ queue: string; task: string }>(
      `select q.queue_name as queue, t.identifier as task from graphile_worker._private_jobs j
       join graphile_worker._private_tasks t on t.id = j.task_id
       left join graphile_worker._private_job_queues q on q.id = j.job_queue_id
       where j.payload::text like '%${shop.account.merchantId}%' and t.identifier = 'check_vat_number'` as never,
    );

  test('asks about what is due, one at a time per member state', async () => {
    const { shop } = await german({ vatNumber: VALID });
    expect([...(await jobsOf(shop))]).toEqual([{ queue: 'vies:1', task: 'check_vat_number' }]);
    await check(shop);
    const now = await stage.now();
    await stage.db.execute('delete from graphile_worker._private_jobs' as never);
    await ask(addDays(now, 89));
    expect(await jobsOf(shop)).toHaveLength(0);
    await ask(addDays(now, 91));
    expect(await jobsOf(shop)).toHaveLength(1);
  });

  test('asks before a renewal that would stand on an old verdict', async () => {
    const shop = await stage.subscriber('professional');
    await save(shop, { address: { country: 'DE' }, vatNumber: VALID });
    await check(shop);
    const end = (await stage.current(shop)).currentPeriodEnd ?? new Date();
    await stage.db
      .update(customers)
      .set({ vatCheckedAt: addDays(end, -90), vatNextCheckAt: addDays(end, 5) })
      .where(eq(customers.merchantId, shop.account.merchantId));
    await ask(addDays(end, -1));
    expect((await rowOf(shop)).vatNextCheckAt).toEqual(addDays(end, -1));
  });
});
