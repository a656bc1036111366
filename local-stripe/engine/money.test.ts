/** What is not paid, taxed, discounted, given back; and whose clock it is. */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, price, refused, START } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
beforeEach(async () => {
  await bench.local('reset', { at: START });
});
afterAll(() => bench.close());

const to = async (date: string) => {
  const moved = await bench.local('advance', { to: Date.parse(date) / 1000 });
  expect(moved).toMatchObject({ status: 200 });
};
const _item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.status, one.total]);

describe('dunning (stripe.md 17)', () => {
  async function late() {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
    await to('2026-02-16');
    return { customer, id };
  }

  test('past due with a next attempt and a reason; a new card recovers it', async () => {
    const { customer, id } = await late();
    const sub = await stripe.subscriptions.retrieve(id);
    const invoice = await stripe.invoices.retrieve(String(sub.latest_invoice), {
      expand: ['payments.data.payment.payment_intent'],
    });
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect([sub.status, invoice.attempt_count, day(invoice.next_payment_attempt)]).toEqual([
      'past_due',
      1,
      '2026-02-18',
    ]);
    expect(intent.last_payment_error?.decline_code).toBe('generic_decline');
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } });
    await to('2026-02-19');

    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });

  test.each(['canceled', 'unpaid', 'past_due'] as const)('after the last retry: %s', async (dunning_end) => {
    await bench.local('settings', { dunning_end });
    const { id } = await late();
    await to('2026-03-10');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe(dunning_end);
  });

  test('incomplete expires after 23 hours, its invoice void (stripe.md 16)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_chargeCustomerFail');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    expect(sub.status).toBe('incomplete');
    await bench.local('advance', { days: 1 });
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('incomplete_expired');
    expect(await totals(sub.id)).toEqual([['subscription_create', 'void', 9900]]);
    expect((await stripe.events.list({ type: 'customer.subscription.deleted' })).data).toHaveLength(0);
  });
});

describe('money', () => {
  test('EU rates, reverse charge, exempt, elsewhere', async () => {
    const pro = await price(stripe, 'Professional', 10000);
    const totalFor = async (country: string, tax_exempt: 'none' | 'reverse' | 'exempt' = 'none') =>
      (
        await stripe.invoices.createPreview({
          customer_details: { address: { country }, tax_exempt },
          automatic_tax: { enabled: true },
          subscription_details: { items: [{ price: pro.id }] },
        })
      ).total;
    expect([await totalFor('LU'), await totalFor('DE'), await totalFor('FI')]).toEqual([11700, 11900, 12550]);
    expect([await totalFor('DE', 'reverse'), await totalFor('DE', 'exempt'), await totalFor('US')]).toEqual([
      10000, 10000, 10000,
    ]);
  });

  test('a coupon for three months, a promotion code used once', async () => {
    const pro = await price(stripe, 'Professional', 10000);
    const coupon = await stripe.coupons.create({
      percent_off: 25,
      duration: 'repeating',
      duration_in_months: 3,
    });
    const promotion = await stripe.promotionCodes.create({
      promotion: { type: 'coupon', coupon: coupon.id },
      code: 'SAVE25',
      max_redemptions: 1,
    });
    const customer = await customerWith(stripe, 'pm_card_visa');
    const params = {
      customer: customer.id,
      items: [{ price: pro.id }],
      discounts: [{ promotion_code: promotion.id }],
    };
    const sub = await stripe.subscriptions.create(params);
    await to('2026-05-16');
    expect((await totals(sub.id)).map((row) => row[2])).toEqual([7500, 7500, 7500, 10000, 10000]);
    expect((await refused(stripe.subscriptions.create(params))).message).toContain('cannot be redeemed');
  });

  test('refund, credit note to the balance, dispute', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      expand: ['latest_invoice.payments'],
    });
    const invoice = sub.latest_invoice as Stripe.Invoice;
    const intent = invoice.payments?.data[0]?.payment.payment_intent as string;
    await stripe.refunds.create({ payment_intent: intent, amount: 900 });
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 1000, credit_amount: 1000 });
    expect([note.type, note.total]).toEqual(['post_payment', 1000]);
    expect(((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance).toBe(-1000);
    const opened = await bench.local('trigger', { type: 'charge.dispute.created', payment_intent: intent });
    expect(opened.body).toMatchObject({ object: 'dispute', status: 'needs_response' });
    const names = (await stripe.events.list({ limit: 100 })).data.map((one) => one.type);
    expect(names).toEqual(
      expect.arrayContaining(['charge.refunded', 'credit_note.created', 'charge.dispute.created']),
    );
    await to('2026-02-16');
    const renewal = (await stripe.invoices.list({ subscription: sub.id })).data[0];
    expect([renewal?.total, renewal?.amount_paid]).toEqual([9900, 8900]);
  });

  test('a tax id is pending, then verified (stripe.md 37)', async () => {
    const customer = await stripe.customers.create({ name: 'Acme' });
    const taxId = await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'LU26375245' });
    expect(taxId.verification?.status).toBe('pending');
    await bench.local('advance', { days: 1 });
    expect((await stripe.customers.retrieveTaxId(customer.id, taxId.id)).verification?.status).toBe(
      'verified',
    );
  });
});

test('a test clock moves only its own customers (stripe.md 40)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock.id });
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const advancing = await stripe.testHelpers.testClocks.advance(clock.id, {
    frozen_time: START + 40 * 86400,
  });
  expect(advancing.status).toBe('advancing');
  await expect
    .poll(async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status)
    .toBe('ready');
  expect(await totals(sub.id)).toHaveLength(2);
  const far = stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 400 * 86400 });
  expect((await refused(far)).message).toContain('two intervals');
});
