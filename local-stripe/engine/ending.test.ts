/** How subscriptions end, and what goes on without them. https://docs.stripe.com/billing/subscriptions/cancel */
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

async function subscribed(given: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, 'pm_card_visa');
  const create = (more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }], ...more });
  const bad = async () => {
    const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  };
  return { pro, customer, create, bad, sub: await create(given) };
}

describe('cancelling at once', () => {
  test('clears an end that was asked for (stripe.md G2)', async () => {
    const { sub } = await subscribed();
    await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
    await bench.local('advance', { days: 3 });
    const over = await stripe.subscriptions.cancel(sub.id);
    expect([
      over.status,
      over.cancel_at,
      over.cancel_at_period_end,
      day(over.canceled_at),
      day(over.ended_at),
    ]).toEqual(['canceled', null, false, '2026-01-15', '2026-01-18']);
    expect(over.cancellation_details?.reason).toBe('cancellation_requested');
  });

  test('a second time finds none (stripe.md F11)', async () => {
    const { sub } = await subscribed();
    await stripe.subscriptions.cancel(sub.id);
    const error = await refused(stripe.subscriptions.cancel(sub.id));
    expect([error.statusCode, error.code, error.param]).toEqual([404, 'resource_missing', 'id']);
  });

  test.each([true, false])(
    'stops what is collected of the customer: %s (stripe.md D50, F16)',
    async (stops) => {
      await bench.local('settings', { cancel_stops_customer: stops });
      const { sub, create, bad } = await subscribed();
      const other = await create();
      await bad();
      await to('2026-02-16');
      const late = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
      const invoice = late.latest_invoice as Stripe.Invoice;
      expect([late.status, day(invoice.next_payment_attempt)]).toEqual(['past_due', '2026-02-18']);
      await stripe.subscriptions.cancel(other.id);
      const after = await stripe.invoices.retrieve(invoice.id);
      expect([after.auto_advance, after.next_payment_attempt]).toEqual(
        stops ? [false, null] : [true, invoice.next_payment_attempt],
      );
    },
  );

  test.each([
    [{}, 0],
    [{ prorate: true }, 3],
    [{ invoice_now: true }, 2],
  ])('%o: prorations that wait are dropped, unless… (stripe.md D50)', async (given, left) => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await stripe.subscriptions.update(sub.id, {
      items: [{ id: String(sub.items.data[0]?.id), price: business.id }],
      proration_date: START,
    });
    await stripe.subscriptions.cancel(sub.id, given);
    const items = await stripe.invoiceItems.list({ customer: String(sub.customer) });
    expect(items.data.filter((one) => one.proration)).toHaveLength(left);
  });
});

describe('ending with the period', () => {
  test('a last invoice takes the prorations that wait (types, at cancel)', async () => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await stripe.subscriptions.update(sub.id, {
      items: [{ id: String(sub.items.data[0]?.id), price: business.id }],
      proration_date: START,
    });
    await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
    const foreseen = await stripe.invoices.createPreview({ subscription: sub.id });
    await to('2026-02-16');
    const over = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
    const last = over.latest_invoice as Stripe.Invoice;
    expect([over.status, over.cancel_at_period_end, last.status, last.total]).toEqual([
      'canceled',
      true,
      'paid',
      foreseen.total,
    ]);
    expect(last.lines.data.map((line) => line.amount)).toEqual([-9900, 19900]);
  });

  test('leaves the other invoices of the customer as they are', async () => {
    const { sub, create, bad } = await subscribed();
    const other = await create();
    await stripe.subscriptions.update(other.id, { cancel_at_period_end: true });
    await bad();
    await to('2026-02-16');
    const late = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
    expect((await stripe.subscriptions.retrieve(other.id)).status).toBe('canceled');
    expect(day((late.latest_invoice as Stripe.Invoice).next_payment_attempt)).toBe('2026-02-18');
  });

  test('a time in the past is refused, on creation too, before anything is made (stripe.md D45)', async () => {
    const { sub, create, customer } = await subscribed();
    const cancel_at = START - 60;
    expect((await refused(stripe.subscriptions.update(sub.id, { cancel_at }))).param).toBe('cancel_at');
    expect((await refused(create({ cancel_at }))).param).toBe('cancel_at');
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
  });

  test('taking it back clears date, moment and reason in one answer (stripe.md F15)', async () => {
    const { sub } = await subscribed();
    await stripe.subscriptions.update(sub.id, {
      cancel_at_period_end: true,
      cancellation_details: { comment: 'too dear', feedback: 'too_expensive' },
    });
    const back = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: false });
    expect([back.cancel_at, back.canceled_at, back.cancellation_details]).toMatchObject([
      null,
      null,
      { comment: null, feedback: null, reason: null },
    ]);
  });
});

test.each([
  ['pm_card_authenticationRequired', 0],
  ['pm_card_chargeCustomerFail', 1],
])('a first payment with %s leaves attempt_count %s (stripe.md F1)', async (card, attempt_count) => {
  const pro = await price(stripe, 'Professional', 9900);
  const customer = await customerWith(stripe, card);
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    expand: ['latest_invoice'],
  });
  expect([sub.status, sub.latest_invoice]).toMatchObject([
    'incomplete',
    { attempt_count, attempted: true, next_payment_attempt: null, status: 'open', auto_advance: true },
  ]);
});

test('authentication that then passes or fails counts one (stripe.md F1)', async () => {
  const pro = await price(stripe, 'Professional', 9900);
  for (const outcome of ['passed', 'failed'] as const) {
    const customer = await customerWith(stripe, 'pm_card_authenticationRequired');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const invoice = String(sub.latest_invoice);
    await bench.local('trigger', { type: 'authentication', invoice, outcome });
    const after = await stripe.invoices.retrieve(invoice);
    expect([after.status, after.attempt_count]).toEqual([outcome === 'passed' ? 'paid' : 'open', 1]);
  }
});
