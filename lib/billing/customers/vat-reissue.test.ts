import { and, eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, invoices, vatDecisions } from '@/db/schema';
import { listAllInvoices } from '@/lib/billing/reports/invoice-list';
import { listVatProof } from '@/lib/billing/reports/vat-proof';
import { errorTexts } from '@/lib/i18n/translate-error';
import { addDays } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { updateBillingDetails } from './billing-details';
import { acceptWithoutVat, reissueWithVat } from './vat-decisions';
import { weighTax } from './weigh-tax';

const MADE_UP = 'DE136695976';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const listed = async (view: 'vat_to_decide' | 'vat_decided', shop: Shop) =>
  listAllInvoices(stage.db, { view, merchantIds: [shop.account.merchantId], limit: 50 });
const rowOf = async (id: string) =>
  (await stage.db.select().from(invoices).where(eq(invoices.id, id)))[0] ?? expect.fail();

/** A subscriber whose next invoice goes out without VAT, since `spoil` was done at Stripe, unheard. */
async function untaxed(country: string, spoil: (customer: string) => Promise<unknown>) {
  const shop = await stage.subscriber('professional');
  const details = { name: 'Muster', address: { line1: 'Ring 1', city: 'Ort', country } };
  await updateBillingDetails(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    details,
  });
  await spoil(shop.customerId);
  const end = (await stage.current(shop)).currentPeriodEnd ?? expect.fail();
  const late = await stage.newEvents();
  await stage.advanceTo(addDays(end, 0.1));
  for (const event of late) await stage.deliver(event);
  await stage.deliverNew();
  const [row] = await listed('vat_to_decide', shop);
  if (!row) return expect.fail('nothing to decide');
  return { shop, row };
}

/** One that VAT is owed of, with all that a verb wants to know. */
async function german() {
  const { shop, row } = await untaxed('DE', (customer) =>
    stage.stripe.customers.createTaxId(customer, { type: 'eu_vat', value: MADE_UP }),
  );
  await weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
  await stage.deliverNew();
  return { shop, row, input: { ...(await stage.by(shop)), invoiceId: row.id, reason: 'Made up' } };
}

/** Stripe, at whose call something happens first. */
function at(api: 'creditNotes' | 'invoices', verb: string, happens: () => Promise<unknown>): Stripe {
  const resource = stage.stripe[api];
  const method: unknown = Reflect.get(resource, verb);
  if (typeof method !== 'function') return expect.fail(verb);
  const meddled = new Proxy(resource, {
    get: (from, key) =>
      key === verb
        ? async (...asked: unknown[]) => {
            await happens();
            return Reflect.apply(method, from, asked);
          }
        : Reflect.get(from, key),
  });
  return new Proxy(stage.stripe, {
    get: (from, key) => (key === api ? meddled : Reflect.get(from, key)),
  });
}

/** Refunds some of what paid an invoice, heard of. */
async function refund(stripeInvoiceId: string, amount?: number) {
  const { data } = await stage.stripe.invoicePayments.list({ invoice: stripeInvoiceId, status: 'paid' });
  const intent = data[0]?.payment.payment_intent;
  if (typeof intent !== 'string') return expect.fail('not paid by a payment');
  await stage.stripe.refunds.create({ payment_intent: intent, ...(amount ? { amount } : {}) });
  await stage.deliverNew();
}

const notesOf = async (stripeInvoiceId: string) =>
  (await stage.stripe.creditNotes.list({ invoice: stripeInvoiceId })).data;

describe('made again with VAT', () => {
  test('whatever is heard of in between, the decision is written', async () => {
    const { shop, row, input } = await german();
    const heard = at('invoices', 'finalizeInvoice', () => stage.deliverNew());
    const { reissuedAs } = await reissueWithVat(stage.db, heard, input);
    expect(await listed('vat_to_decide', shop)).toEqual([]);
    expect(await listed('vat_decided', shop)).toMatchObject([{ decision: 'reissued', reissuedAs }]);
    const trail = await stage.db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.entityId, row.id), eq(auditLog.action, 'invoice.vat_reissued')));
    expect(trail).toHaveLength(1);
    expect(await rowOf(row.id)).toMatchObject({ credited: row.total, vatIssue: null });
  });

  test('where it stopped after the credit note, it waits to be finished, and cannot be accepted', async () => {
    const { shop, row, input } = await german();
    const dying = at('invoices', 'finalizeInvoice', async () => {
      throw new Error('the process died');
    });
    await expect(reissueWithVat(stage.db, dying, input)).rejects.toThrow('the process died');
    await stage.deliverNew();
    expect(await listed('vat_to_decide', shop)).toMatchObject([{ decision: null, isBeingReissued: true }]);
    expect(await listed('vat_decided', shop)).toEqual([]);
    await expect(acceptWithoutVat(stage.db, input)).rejects.toMatchObject({
      details: { reason: 'half_way' },
    });
    const { reissuedAs } = await reissueWithVat(stage.db, stage.stripe, input);
    expect(await notesOf(row.stripeInvoiceId)).toHaveLength(1);
    expect(await listed('vat_decided', shop)).toMatchObject([{ decision: 'reissued', reissuedAs }]);
    await expect(reissueWithVat(stage.db, stage.stripe, input)).rejects.toMatchObject({
      details: { reason: 'decided' },
    });
  });

  test('what Stripe refuses before anything was credited is free to be decided otherwise', async () => {
    const { shop, row, input } = await german();
    const refusing = at('creditNotes', 'create', () =>
      stage.stripe.creditNotes.create({ invoice: row.stripeInvoiceId, amount: 99_999_999, credit_amount: 1 }),
    );
    await expect(reissueWithVat(stage.db, refusing, input)).rejects.toMatchObject({ code: 'stripe_refused' });
    expect(await notesOf(row.stripeInvoiceId)).toEqual([]);
    await acceptWithoutVat(stage.db, input);
    expect(await listed('vat_decided', shop)).toMatchObject([{ decision: 'accepted' }]);
  });

  test('what Stripe refuses after it is said so, and gone on with', async () => {
    const { input } = await german();
    const refusing = at('invoices', 'create', () => stage.stripe.invoices.create({ customer: 'cus_no' }));
    await expect(reissueWithVat(stage.db, refusing, input)).rejects.toMatchObject({
      details: { reason: 'half_way' },
    });
    await reissueWithVat(stage.db, stage.stripe, input);
  });

  test('of three tabs at once one decides, and the others are told the truth', async () => {
    const { row, input } = await german();
    const all = await Promise.allSettled([
      reissueWithVat(stage.db, stage.stripe, input),
      reissueWithVat(stage.db, stage.stripe, input),
      acceptWithoutVat(stage.db, input),
    ]);
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of all)
      if (one.status === 'rejected') {
        expect(one.reason).toMatchObject({ code: 'vat_decision' });
        expect(errorTexts('en').sentence(one.reason)).toMatch(/^(Somebody|It is credited)/);
      }
    const decided = await stage.db.select().from(vatDecisions).where(eq(vatDecisions.invoiceId, row.id));
    const notes = await notesOf(row.stripeInvoiceId);
    expect(decided).toMatchObject([{ decision: notes.length > 0 ? 'reissued' : 'accepted' }]);
  });

  test('and a tab that comes while Stripe is asked is refused', async () => {
    const { input } = await german();
    const said: unknown[] = [];
    const late = at('creditNotes', 'create', async () => {
      await reissueWithVat(stage.db, stage.stripe, input).catch((error) => said.push(error));
      await acceptWithoutVat(stage.db, input).catch((error) => said.push(error));
    });
    await reissueWithVat(stage.db, late, input);
    expect(said).toMatchObject([{ details: { reason: 'under_way' } }, { details: { reason: 'half_way' } }]);
  });
});

describe('what went back', () => {
  test('is not credited once more: only what was kept is made again', async () => {
    const { shop, row, input } = await german();
    await refund(row.stripeInvoiceId, 5_000);
    const { reissuedAs } = await reissueWithVat(stage.db, stage.stripe, input);
    const kept = row.total - 5_000;
    expect(await notesOf(row.stripeInvoiceId)).toMatchObject([{ total: kept }]);
    const again = await stage.stripe.invoices.retrieve(reissuedAs);
    expect(again.total_excluding_tax).toBe(kept);
    await stage.deliverNew();
    expect(await rowOf(row.id)).toMatchObject({ credited: kept, refunded: 5_000, vatIssue: null });
    expect(await listed('vat_to_decide', shop)).toEqual([]);
  });

  test('whole, owes nothing', async () => {
    const { shop, row, input } = await german();
    await refund(row.stripeInvoiceId);
    expect(await listed('vat_to_decide', shop)).toEqual([]);
    await expect(reissueWithVat(stage.db, stage.stripe, input)).rejects.toMatchObject({
      details: { reason: 'no_issue' },
    });
  });

  test('by a credit note that refunded counts once, and beside another all of it', async () => {
    const { shop, row, input } = await german();
    const invoice = row.stripeInvoiceId;
    await stage.stripe.creditNotes.create({ invoice, amount: 3_000, refund_amount: 3_000 });
    await refund(invoice, 2_000);
    expect(await rowOf(row.id)).toMatchObject({ credited: 3_000, refunded: 5_000 });
    await reissueWithVat(stage.db, stage.stripe, input);
    expect((await notesOf(invoice)).map(({ total }) => total)).toContain(row.total - 5_000);
    expect(await listed('vat_to_decide', shop)).toEqual([]);
  });

  test('partly refunded, partly credited: nothing is left to make again', async () => {
    const { row, input } = await german();
    const [invoice, rest] = [row.stripeInvoiceId, row.total - 5_000];
    await refund(invoice, 5_000);
    await stage.stripe.creditNotes.create({ invoice, amount: rest, credit_amount: rest });
    await stage.deliverNew();
    await expect(reissueWithVat(stage.db, stage.stripe, input)).rejects.toMatchObject({
      details: { reason: 'nothing_kept' },
    });
    await acceptWithoutVat(stage.db, input);
  });
});

test('a sale within our own country has no reverse charge: it is listed, and no proof', async () => {
  const { shop, row } = await untaxed('LU', (customer) =>
    stage.stripe.customers.update(customer, { tax_exempt: 'reverse' }),
  );
  expect(row).toMatchObject({ vatIssue: 'domestic', taxReason: 'reverse_charge', country: 'LU' });
  const quarter = { from: addDays(row.issuedAt, -1), to: addDays(row.issuedAt, 1) };
  expect(await listVatProof(stage.db, shop.account.merchantId, quarter)).toEqual([]);
});
