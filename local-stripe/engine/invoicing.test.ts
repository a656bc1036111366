/** Invoices that are sent, that are small, that take along what waits, and their links. */
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

const to = (date: string) => bench.local('advance', { to: Date.parse(date) / 1000 });
const names = async () => (await stripe.events.list({ limit: 100 })).data.map((one) => one.type);

describe('collection by invoice', () => {
  test('wants the days until it is due, on creation and on change (stripe.md D56)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const given = { customer: customer.id, items: [{ price: pro.id }] };
    const sent = { collection_method: 'send_invoice' as const };
    expect((await refused(stripe.subscriptions.create({ ...given, ...sent }))).param).toBe('days_until_due');
    expect((await refused(stripe.subscriptions.create({ ...given, days_until_due: 5 }))).param).toBe(
      'days_until_due',
    );
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(0);
    const sub = await stripe.subscriptions.create(given);
    expect((await refused(stripe.subscriptions.update(sub.id, sent))).param).toBe('days_until_due');
    const after = await stripe.subscriptions.update(sub.id, { ...sent, days_until_due: 14 });
    expect([after.collection_method, after.days_until_due]).toEqual(['send_invoice', 14]);
    const back = await stripe.subscriptions.update(sub.id, { collection_method: 'charge_automatically' });
    expect(back.days_until_due).toBeNull();
    expect((await refused(stripe.invoices.create({ customer: customer.id, ...sent }))).param).toBe(
      'days_until_due',
    );
    const both = { customer: customer.id, ...sent, days_until_due: 3, due_date: START + 9 };
    expect((await refused(stripe.invoices.create(both))).code).toBe('parameters_exclusive');
    const one = await stripe.invoices.create({ customer: customer.id, ...sent, due_date: START + 86_400 });
    expect(one.due_date).toBe(START + 86_400);
  });

  test('waits an hour, has a due date, and is overdue after it (events/types, types of Subscription.status)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await stripe.customers.create({ email: 'owner@acme.test' });
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      collection_method: 'send_invoice',
      days_until_due: 7,
      expand: ['latest_invoice'],
    });
    const first = sub.latest_invoice as Stripe.Invoice;
    expect([sub.status, first.status, day(first.due_date)]).toEqual(['active', 'draft', '2026-01-22']);
    await to('2026-01-15T13:00:01Z');
    expect((await stripe.invoices.retrieve(first.id)).status).toBe('open');
    expect(await names()).toContain('invoice.sent');
    await to('2026-01-22T11:00:00Z');
    expect(await names()).not.toContain('invoice.overdue');
    await to('2026-01-23');
    expect((await names()).filter((one) => one === 'invoice.overdue')).toHaveLength(1);
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('past_due');
    await stripe.invoices.pay(first.id, { paid_out_of_band: true });
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('active');
  });
});

test('less than can be charged waits on the balance, and the invoice is paid (stripe.md D57)', async () => {
  const small = await price(stripe, 'Crumb', 30);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: small.id }],
    expand: ['latest_invoice.payments'],
  });
  const invoice = sub.latest_invoice as Stripe.Invoice;
  expect([sub.status, invoice.status, invoice.total, invoice.amount_due, invoice.ending_balance]).toEqual([
    'active',
    'paid',
    30,
    0,
    30,
  ]);
  expect(invoice.payments?.data).toEqual([]);
  expect(((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance).toBe(30);
  await to('2026-02-16');
  const [renewal] = (await stripe.invoices.list({ subscription: sub.id })).data;
  expect([renewal?.amount_due, renewal?.amount_paid, renewal?.ending_balance]).toEqual([60, 60, 0]);
});

test('`pending_invoice_items_behavior: include` takes the items, else they wait', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const item = await stripe.invoiceItems.create({ customer: customer.id, amount: 1500, currency: 'eur' });
  const without = await stripe.invoices.create({ customer: customer.id });
  expect(without.lines.data).toHaveLength(0);
  const taken = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: 'include',
  });
  expect([taken.total, (await stripe.invoiceItems.retrieve(item.id)).invoice]).toEqual([1500, taken.id]);
});

test('an item’s own discount is collected for, and the subtotal is after it (stripe.md G8)', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  const item = await stripe.invoiceItems.create({
    customer: customer.id,
    amount: 2000,
    currency: 'eur',
    discounts: [{ coupon: half.id }],
  });
  expect(item).toMatchObject({ amount: 2000, net_amount: 1000 });
  const made = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: 'include',
  });
  const paid = await stripe.invoices.pay(made.id);
  expect([paid.subtotal, paid.total, paid.amount_paid]).toEqual([1000, 1000, 1000]);
  expect(paid.lines.data[0]).toMatchObject({ amount: 2000, discounts: item.discounts });
});

test('links stop after thirty days; one handed out later is good for ten more (stripe.md D62)', async () => {
  const pro = await price(stripe, 'Professional', 9900, 'year');
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    expand: ['latest_invoice'],
  });
  const old = sub.latest_invoice as Stripe.Invoice;
  const status = async (link: string | null | undefined) => (await fetch(String(link))).status;
  const both = async (one: Stripe.Invoice) => [
    await status(one.hosted_invoice_url),
    await status(one.invoice_pdf),
  ];
  await bench.local('advance', { days: 29 });
  expect(await both(old)).toEqual([200, 200]);
  await bench.local('advance', { days: 2 });
  expect(await both(old)).toEqual([410, 410]);
  const again = await stripe.invoices.retrieve(old.id);
  await bench.local('advance', { days: 9 });
  expect(await both(again)).toEqual([200, 200]);
  await bench.local('advance', { days: 2 });
  expect(await both(again)).toEqual([410, 410]);
});

test('after a failed call to pay, Stripe may collect by itself, by setting (stripe.md F8)', async () => {
  await bench.local('settings', { pay_again_minutes: 5 });
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  await to('2026-02-16');
  const { latest_invoice } = await stripe.subscriptions.retrieve(sub.id);
  const error = await refused(stripe.invoices.pay(String(latest_invoice)));
  expect(error.statusCode).toBe(402);
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } });
  await bench.local('advance', { days: 0.01 });
  expect((await stripe.invoices.retrieve(String(latest_invoice))).status).toBe('paid');
});

test('an open invoice whose payment is under way cannot be voided (stripe.md F8)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const debit = await stripe.paymentMethods.create({
    type: 'sepa_debit',
    sepa_debit: { iban: 'AT611904300234573201' },
    billing_details: { name: 'Acme', email: 'owner@acme.test' },
  });
  const method = await stripe.paymentMethods.attach(debit.id, { customer: customer.id });
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    default_payment_method: method.id,
  });
  const id = String(sub.latest_invoice);
  expect((await stripe.invoices.retrieve(id)).status).toBe('open');
  const error = await refused(stripe.invoices.voidInvoice(id));
  expect([error.statusCode, error.message]).toEqual([400, expect.stringContaining('under way')]);
  await bench.local('settings', { debit_outcome: 'fails' });
  await bench.local('advance', { days: 6 });
  expect((await stripe.invoices.voidInvoice(id)).status).toBe('void');
});

test('an invoice of its own that tax cannot place stays a draft, says why, and goes out once it can (stripe.md D19)', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  await stripe.invoiceItems.create({ customer: customer.id, amount: 5000, currency: 'eur' });
  const made = await stripe.invoices.create({
    customer: customer.id,
    auto_advance: true,
    automatic_tax: { enabled: true },
    pending_invoice_items_behavior: 'include',
  });
  await bench.local('advance', { days: 1 });
  const stuck = await stripe.invoices.retrieve(made.id);
  expect([stuck.status, stuck.last_finalization_error?.code, stuck.number]).toEqual([
    'draft',
    'customer_tax_location_invalid',
    null,
  ]);
  expect(await names()).toContain('invoice.finalization_failed');
  expect((await refused(stripe.invoices.finalizeInvoice(made.id))).code).toBe(
    'customer_tax_location_invalid',
  );
  await stripe.customers.update(customer.id, { address: { country: 'LU' } });
  const out = await stripe.invoices.finalizeInvoice(made.id);
  expect([out.status, out.last_finalization_error]).toEqual(['open', null]);
});

describe('limits of one subscription, while the rate is limited (stripe.md D52)', () => {
  const limited = async (work: Promise<unknown>) => {
    const error = await refused(work);
    return [error.statusCode, error.code];
  };

  test('ten new invoices a minute, twenty a day', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const change = (quantity: number) =>
      stripe.subscriptions.update(sub.id, {
        items: [{ id: String(sub.items.data[0]?.id), quantity }],
        proration_behavior: 'always_invoice',
      });
    for (let n = 2; n <= 10; n += 1) await change(n);
    await change(1);
    await bench.local('settings', { rate: 'sandbox' });
    expect(await limited(change(2))).toEqual([429, 'rate_limit']);
    await bench.local('advance', { days: 0.01 });
    for (let n = 2; n <= 10; n += 1) await change(n);
    await bench.local('advance', { days: 0.01 });
    expect(await limited(change(1))).toEqual([429, 'rate_limit']);
    await bench.local('advance', { days: 1 });
    expect((await change(1)).items.data[0]?.quantity).toBe(1);
  });

  test('two hundred changes of quantity an hour', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    await bench.local('settings', { rate: 'live' });
    const change = (quantity: number) =>
      stripe.subscriptions.update(sub.id, {
        items: [{ id: String(sub.items.data[0]?.id), quantity }],
        proration_behavior: 'none',
      });
    for (let n = 0; n < 200; n += 1) {
      if (n % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1000));
      await change((n % 5) + 1);
    }
    expect(await limited(change(9))).toEqual([429, 'rate_limit']);
  }, 60_000);
});

test.each([
  ['pause', 'paused'],
  ['cancel', 'canceled'],
  ['create_invoice', 'past_due'],
] as const)('a trial ended by hand without a card: %s → %s', async (missing_payment_method, status) => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await stripe.customers.create({ email: 'x@y.test' });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    trial_period_days: 14,
    trial_settings: { end_behavior: { missing_payment_method } },
  });
  const after = await stripe.subscriptions.update(id, { trial_end: 'now' });
  expect(after.status).toBe(status);
  const invoices = (await stripe.invoices.list({ subscription: id })).data;
  expect(invoices).toHaveLength(status === 'past_due' ? 2 : 1);
  if (status === 'paused') expect(await names()).toContain('customer.subscription.paused');
});
