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
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.status, one.total]);

describe('renewals', () => {
  test('month ends keep the anchor’s day (stripe.md 23)', async () => {
    await bench.local('reset', { at: Date.UTC(2026, 0, 31, 10) / 1000 });
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const ends: (string | null)[] = [];
    for (const date of ['2026-02-01', '2026-03-01', '2026-04-01', '2026-05-01']) {
      await to(date);
      ends.push(day(item(await stripe.subscriptions.retrieve(id)).current_period_end));
    }
    expect(ends).toEqual(['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']);
    expect(await totals(id)).toEqual([
      ['subscription_create', 'paid', 9900],
      ...Array(3).fill(['subscription_cycle', 'paid', 9900]),
    ]);
  });

  test('the draft waits an hour; the period has moved before (stripe.md 27)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    await to('2026-02-15T12:30:00Z');
    const sub = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
    const draft = sub.latest_invoice as Stripe.Invoice;
    expect([day(item(sub).current_period_end), draft.status, draft.number]).toEqual([
      '2026-03-15',
      'draft',
      null,
    ]);
    expect(day(draft.period_end)).toBe('2026-02-15'); // its own period is the previous cycle
    await to('2026-02-15T13:00:01Z');
    const paid = await stripe.invoices.retrieve(draft.id);
    expect([paid.status, paid.status_transitions.paid_at]).toEqual([
      'paid',
      Date.UTC(2026, 1, 15, 13) / 1000,
    ]);
    const upcoming = await stripe.events.list({ type: 'invoice.upcoming' });
    expect(upcoming.data.map((one) => day(one.created))).toEqual(['2026-02-08']);
    expect(upcoming.data[0]?.data.object).not.toHaveProperty('id');
  });

  test('a year bills sixty subscriptions once a month each', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    for (let n = 0; n < 60; n += 1) {
      const customer = await customerWith(stripe, 'pm_card_visa');
      await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    }
    await bench.local('advance', { days: 366 });
    const all = await stripe.invoices
      .list({ limit: 100, status: 'paid' })
      .autoPagingToArray({ limit: 10_000 });
    expect(all).toHaveLength(60 * 13);
  }, 30_000);
});

describe('trials (stripe.md 18)', () => {
  test('0.00 first, a warning three days before, then the first charge', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      trial_period_days: 14,
    });
    expect(sub.status).toBe('trialing');
    await to('2026-01-30');
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('active');
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 'paid', 0],
      ['subscription_cycle', 'paid', 9900],
    ]);
    const warned = await stripe.events.list({ type: 'customer.subscription.trial_will_end' });
    expect(warned.data.map((one) => day(one.created))).toEqual(['2026-01-26']);
  });

  test.each([
    ['create_invoice', 'past_due'],
    ['cancel', 'canceled'],
    ['pause', 'paused'],
  ] as const)('without a card: %s → %s', async (missing_payment_method, status) => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await stripe.customers.create({ email: 'x@y.test' });
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method } },
    });
    await to('2026-01-30');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe(status);
  });
});

describe('changes of plan', () => {
  async function subscribed(card = 'pm_card_visa', amount = 9900) {
    const pro = await price(stripe, 'Professional', amount);
    const customer = await customerWith(stripe, card);
    return {
      customer,
      pro,
      sub: await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] }),
    };
  }

  test('the preview is what the upgrade then costs, credits first (stripe.md 22, 41)', async () => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    const proration_date = START + 10 * 86400;
    const items = [{ id: item(sub).id, price: business.id }];
    const preview = await stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { items, proration_behavior: 'always_invoice', proration_date },
    });
    expect(preview.lines.data.map((line) => line.amount)).toEqual([-6706, 13481]);
    const after = await stripe.subscriptions.update(sub.id, {
      items,
      proration_behavior: 'always_invoice',
      proration_date,
      payment_behavior: 'pending_if_incomplete',
      expand: ['latest_invoice'],
    });
    expect(after.pending_update).toBeNull();
    expect((after.latest_invoice as Stripe.Invoice).total).toBe(preview.total);
    expect(item(after).price.id).toBe(business.id);
  });

  test('going up and back at once costs nothing', async () => {
    const { sub, pro } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    const proration_date = START + 10 * 86400;
    for (const to of [business, pro]) {
      await stripe.subscriptions.update(sub.id, {
        items: [{ id: item(sub).id, price: to.id }],
        proration_behavior: 'always_invoice',
        proration_date,
      });
    }
    const sum = (await totals(sub.id)).slice(1).reduce((total, row) => total + Number(row[2]), 0);
    expect(sum).toBe(0);
    const customer = (await stripe.customers.retrieve(sub.customer as string)) as Stripe.Customer;
    expect(customer.balance).toBe(-6775);
  });

  test('a decline leaves a pending update that paying applies', async () => {
    const { sub, customer, pro } = await subscribed();
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
    const business = await price(stripe, 'Business', 19900);
    const change = {
      items: [{ id: item(sub).id, price: business.id }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    } satisfies Stripe.SubscriptionUpdateParams;
    const held = await stripe.subscriptions.update(sub.id, change);
    expect([item(held).price.id, held.status]).toEqual([pro.id, 'active']);
    expect(held.pending_update?.subscription_items?.[0]?.price.id).toBe(business.id);
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.invoices.pay(held.latest_invoice as string, { payment_method: good.id });
    const paid = await stripe.subscriptions.retrieve(sub.id);
    expect([item(paid).price.id, paid.pending_update]).toEqual([business.id, null]);
  });

  test('an unpaid pending update is dropped after 23 hours and its invoice is void', async () => {
    const { sub, customer, pro } = await subscribed();
    const card = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: customer.id,
    });
    await stripe.subscriptions.update(sub.id, { default_payment_method: card.id });
    const business = await price(stripe, 'Business', 19900);
    const held = await stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: business.id }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(held.pending_update).not.toBeNull();
    const names = (await stripe.events.list({ limit: 30 })).data.map((one) => one.type);
    expect(names).toContain('invoice.payment_action_required');
    await bench.local('advance', { days: 1 });
    const after = await stripe.subscriptions.retrieve(sub.id);
    expect([after.pending_update, item(after).price.id]).toEqual([null, pro.id]);
    expect((await stripe.invoices.retrieve(held.latest_invoice as string)).status).toBe('void');
  });

  test('create_prorations waits for the next invoice', async () => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    await stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: business.id }],
      proration_date: START + 10 * 86400,
    });
    expect(await totals(sub.id)).toHaveLength(1);
    await to('2026-02-16');
    const renewal = (await stripe.invoices.list({ subscription: sub.id })).data[0];
    expect(renewal?.lines.data.map((line) => line.amount)).toEqual([-6706, 13481, 19900]);
  });

  test('a downgrade by schedule, and cancelling is refused meanwhile (stripe.md 42)', async () => {
    const { sub, pro } = await subscribed();
    const essential = await price(stripe, 'Essential', 4900);
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    const [phase] = schedule.phases;
    await stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      phases: [
        { items: [{ price: pro.id }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 },
        {
          items: [{ price: essential.id }],
          duration: { interval: 'month' },
          proration_behavior: 'none',
          metadata: { tier: 'essential' },
        },
      ],
    });
    expect(
      (await refused(stripe.subscriptions.update(sub.id, { cancel_at_period_end: true }))).message,
    ).toContain('managed by the subscription schedule');
    expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(4900);
    await to('2026-02-16');
    const after = await stripe.subscriptions.retrieve(sub.id);
    expect([item(after).price.id, item(after).id, after.metadata]).toEqual([
      essential.id,
      item(sub).id,
      { tier: 'essential' },
    ]);
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 'paid', 9900],
      ['subscription_cycle', 'paid', 4900],
    ]);
    await to('2026-03-16');
    expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe('released');
    expect((await stripe.subscriptions.retrieve(sub.id)).schedule).toBeNull();
  });

  test('cancel at period end, reactivate, cancel again, over', async () => {
    const { sub } = await subscribed();
    const asked = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
    expect([day(asked.cancel_at), asked.status]).toEqual(['2026-02-15', 'active']);
    const back = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: false });
    expect([back.cancel_at, back.canceled_at]).toEqual([null, null]);
    const exact = await stripe.subscriptions.update(sub.id, { cancel_at: 'min_period_end' });
    expect([day(exact.cancel_at), exact.cancel_at_period_end]).toEqual(['2026-02-15', false]);
    const both = stripe.subscriptions.update(sub.id, { cancel_at_period_end: false, cancel_at: '' });
    expect((await refused(both)).code).toBe('parameters_exclusive');
    expect((await refused(stripe.invoices.createPreview({ subscription: sub.id }))).code).toBe(
      'invoice_upcoming_none',
    );
    await to('2026-02-16');
    const over = await stripe.subscriptions.retrieve(sub.id);
    expect([over.status, day(over.ended_at)]).toEqual(['canceled', '2026-02-15']);
    expect((await stripe.events.list({ type: 'customer.subscription.deleted' })).data).toHaveLength(1);
  });
});

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
