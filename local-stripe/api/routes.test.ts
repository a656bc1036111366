/** One line for each route that no other test, page or script calls: it answers the official SDK in Stripe's shape. */
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, customerWith, open, price } from '../testing';

let bench: Bench;
let stripe: Stripe;
/** Ids of what the lines below act on. */
const at: Record<string, string> = {};

beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
  const customer = await customerWith(stripe, 'pm_card_visa');
  at.customer = customer.id;
  at.card = await cardOf(customer.id);
  const monthly = await price(stripe, 'Professional', 9900);
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: monthly.id }],
    expand: ['latest_invoice'],
  });
  at.sub = sub.id;
  at.item = sub.items.data[0]?.id ?? '';
  at.invoice = (sub.latest_invoice as Stripe.Invoice).id;
  const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
  at.charge = charge?.id ?? '';
  at.intent = String(charge?.payment_intent);
  at.refund = (await stripe.refunds.create({ charge: at.charge, amount: 100 })).id;
  at.note = (await stripe.creditNotes.create({ invoice: at.invoice, amount: 200, credit_amount: 200 })).id;
  at.coupon = (await stripe.coupons.create({ percent_off: 10, duration: 'once' })).id;
  at.promotion = (
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: at.coupon }, code: 'TEN' })
  ).id;
  const other = await customerWith(stripe, 'pm_card_visa');
  at.other = other.id;
  at.otherCard = await cardOf(other.id);
  at.otherSub = (
    await stripe.subscriptions.create({ customer: other.id, items: [{ price: monthly.id }] })
  ).id;
  const [paid] = (await stripe.charges.list({ customer: other.id })).data;
  at.dispute = String(
    (await bench.local('trigger', { type: 'charge.dispute.created', charge: paid?.id })).body.id,
  );
  at.draft = (await stripe.invoices.create({ customer: other.id })).id;
  at.draftItem = (
    await stripe.invoiceItems.create({ customer: other.id, invoice: at.draft, amount: 500, currency: 'eur' })
  ).id;
  const configuration = await stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
  });
  at.configuration = configuration.id;
  at.session = (
    await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: (await once('Book', 1500)).id, quantity: 2 }],
      success_url: 'http://shop.test/done',
    })
  ).id;
  at.setup = (await stripe.setupIntents.create({ customer: other.id })).id;
  at.toConfirm = (await stripe.setupIntents.create({ customer: other.id })).id;
  at.open = (await stripe.paymentIntents.create({ amount: 700, currency: 'eur', customer: other.id })).id;
  at.toCancel = (await stripe.paymentIntents.create({ amount: 800, currency: 'eur' })).id;
  const phases = [{ items: [{ price: monthly.id }], duration: { interval: 'month' as const } }];
  at.schedule = (
    await stripe.subscriptionSchedules.create({ customer: other.id, start_date: 4_000_000_000, phases })
  ).id;
  at.clock = (await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 })).id;
  at.endpoint = (
    await stripe.webhookEndpoints.create({
      url: 'http://127.0.0.1:1/hook',
      enabled_events: ['price.created'],
    })
  ).id;
  at.product = (await stripe.products.create({ name: 'Unsold' })).id;
  at.event = (await stripe.events.list({ type: 'product.created' })).data[0]?.id ?? '';
  at.payment = (await stripe.invoicePayments.list({ invoice: at.invoice })).data[0]?.id ?? '';
});
afterAll(() => bench.close());

const cardOf = async (customer: string): Promise<string> =>
  String((await stripe.customers.listPaymentMethods(customer)).data[0]?.id);

function once(name: string, amount: number): Promise<Stripe.Price> {
  return stripe.prices.create({ currency: 'eur', unit_amount: amount, product_data: { name } });
}

const id = (name: string): string => at[name] ?? '';
/** A list that holds at least this object. */
const listed = (name: string) => ({
  object: 'list',
  data: expect.arrayContaining([expect.objectContaining({ id: id(name) })]),
});
const gone = (name: string) => ({ id: id(name), deleted: true });

type Line = [route: string, call: () => Promise<unknown>, answer: () => object];
const lines: Line[] = [
  [
    'GET /v1/balance_transactions',
    () => stripe.balanceTransactions.list({ source: id('charge') }),
    () => ({ data: [expect.objectContaining({ amount: 9900 })] }),
  ],
  [
    'GET /v1/billing_portal/configurations',
    () => stripe.billingPortal.configurations.list({ active: true }),
    () => listed('configuration'),
  ],
  [
    'POST /v1/billing_portal/configurations/:id',
    () => stripe.billingPortal.configurations.update(id('configuration'), { name: 'Ours' }),
    () => ({ name: 'Ours' }),
  ],
  [
    'POST /v1/checkout/sessions/:id',
    () => stripe.checkout.sessions.update(id('session'), { metadata: { a: 'b' } }),
    () => ({ metadata: { a: 'b' } }),
  ],
  [
    'GET /v1/checkout/sessions/:id/line_items',
    () => stripe.checkout.sessions.listLineItems(id('session')),
    () => ({ data: [expect.objectContaining({ quantity: 2, amount_total: 3000 })] }),
  ],
  ['GET /v1/coupons', () => stripe.coupons.list(), () => listed('coupon')],
  ['GET /v1/coupons/:id', () => stripe.coupons.retrieve(id('coupon')), () => ({ percent_off: 10 })],
  [
    'POST /v1/coupons/:id',
    () => stripe.coupons.update(id('coupon'), { name: 'Tenth' }),
    () => ({ name: 'Tenth' }),
  ],
  ['GET /v1/promotion_codes', () => stripe.promotionCodes.list({ code: 'ten' }), () => listed('promotion')],
  [
    'GET /v1/promotion_codes/:id',
    () => stripe.promotionCodes.retrieve(id('promotion')),
    () => ({ code: 'TEN', active: true }),
  ],
  [
    'POST /v1/promotion_codes/:id',
    () => stripe.promotionCodes.update(id('promotion'), { active: false }),
    () => ({ active: false }),
  ],
  ['DELETE /v1/coupons/:id', () => stripe.coupons.del(id('coupon')), () => gone('coupon')],
  ['GET /v1/credit_notes', () => stripe.creditNotes.list({ invoice: id('invoice') }), () => listed('note')],
  [
    'GET /v1/credit_notes/:id',
    () => stripe.creditNotes.retrieve(id('note')),
    () => ({ total: 200, status: 'issued' }),
  ],
  [
    'POST /v1/credit_notes/:id',
    () => stripe.creditNotes.update(id('note'), { memo: 'Sorry' }),
    () => ({ memo: 'Sorry' }),
  ],
  [
    'GET /v1/credit_notes/:id/lines',
    () => stripe.creditNotes.listLineItems(id('note')),
    () => ({ object: 'list' }),
  ],
  [
    'GET /v1/credit_notes/preview',
    () => stripe.creditNotes.preview({ invoice: id('invoice'), amount: 50, credit_amount: 50 }),
    () => ({ total: 50 }),
  ],
  [
    'POST /v1/customers/:id/balance_transactions',
    () => stripe.customers.createBalanceTransaction(id('customer'), { amount: -300, currency: 'eur' }),
    () => ({ amount: -300, ending_balance: -500 }),
  ],
  [
    'GET /v1/customers/:id/balance_transactions',
    () => stripe.customers.listBalanceTransactions(id('customer')),
    () => ({ data: [expect.objectContaining({ amount: -300 }), expect.objectContaining({ amount: -200 })] }),
  ],
  ['GET /v1/disputes', () => stripe.disputes.list(), () => listed('dispute')],
  [
    'POST /v1/disputes/:id',
    () => stripe.disputes.update(id('dispute'), { metadata: { case: '7' } }),
    () => ({ metadata: { case: '7' } }),
  ],
  ['POST /v1/disputes/:id/close', () => stripe.disputes.close(id('dispute')), () => ({ status: 'lost' })],
  ['GET /v1/events/:id', () => stripe.events.retrieve(id('event')), () => ({ type: 'product.created' })],
  [
    'GET /v1/invoice_payments/:id',
    () => stripe.invoicePayments.retrieve(id('payment')),
    () => ({ status: 'paid', invoice: id('invoice') }),
  ],
  [
    'GET /v1/invoiceitems',
    () => stripe.invoiceItems.list({ customer: id('other') }),
    () => listed('draftItem'),
  ],
  ['GET /v1/invoiceitems/:id', () => stripe.invoiceItems.retrieve(id('draftItem')), () => ({ amount: 500 })],
  [
    'GET /v1/invoices/:id/lines',
    () => stripe.invoices.listLineItems(id('draft')),
    () => ({ data: [expect.objectContaining({ amount: 500 })] }),
  ],
  [
    'POST /v1/invoices/:id',
    () => stripe.invoices.update(id('draft'), { description: 'By hand' }),
    () => ({ description: 'By hand' }),
  ],
  ['DELETE /v1/invoiceitems/:id', () => stripe.invoiceItems.del(id('draftItem')), () => gone('draftItem')],
  ['DELETE /v1/invoices/:id', () => stripe.invoices.del(id('draft')), () => gone('draft')],
  [
    'POST /v1/invoices/:id/send',
    async () => stripe.invoices.sendInvoice(await opened()),
    () => ({ status: 'open' }),
  ],
  [
    'POST /v1/invoices/:id/void',
    async () => stripe.invoices.voidInvoice(await opened()),
    () => ({ status: 'void' }),
  ],
  [
    'POST /v1/credit_notes/:id/void',
    async () =>
      stripe.creditNotes.voidCreditNote(
        (await stripe.creditNotes.create({ invoice: await opened(), amount: 100 })).id,
      ),
    () => ({ status: 'void' }),
  ],
  [
    'GET /v1/payment_intents',
    () => stripe.paymentIntents.list({ customer: id('customer') }),
    () => listed('intent'),
  ],
  [
    'GET /v1/payment_intents/:id',
    () => stripe.paymentIntents.retrieve(id('intent')),
    () => ({ status: 'succeeded' }),
  ],
  [
    'POST /v1/payment_intents/:id',
    () => stripe.paymentIntents.update(id('open'), { amount: 750 }),
    () => ({ amount: 750 }),
  ],
  [
    'POST /v1/payment_intents/:id/confirm',
    () => stripe.paymentIntents.confirm(id('open'), { payment_method: id('otherCard') }),
    () => ({ status: 'succeeded', amount_received: 750 }),
  ],
  [
    'POST /v1/payment_intents/:id/cancel',
    () => stripe.paymentIntents.cancel(id('toCancel')),
    () => ({ status: 'canceled' }),
  ],
  [
    'POST /v1/payment_methods',
    () => stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } }),
    () => ({ card: expect.objectContaining({ last4: '4242' }) }),
  ],
  [
    'GET /v1/payment_methods',
    () => stripe.paymentMethods.list({ customer: id('customer'), type: 'card' }),
    () => listed('card'),
  ],
  [
    'GET /v1/payment_methods/:id',
    () => stripe.paymentMethods.retrieve(id('card')),
    () => ({ customer: id('customer') }),
  ],
  [
    'POST /v1/payment_methods/:id',
    () => stripe.paymentMethods.update(id('card'), { card: { exp_year: 2040 } }),
    () => ({ card: expect.objectContaining({ exp_year: 2040 }) }),
  ],
  ['DELETE /v1/products/:id', () => stripe.products.del(id('product')), () => gone('product')],
  ['GET /v1/refunds', () => stripe.refunds.list({ charge: id('charge') }), () => listed('refund')],
  [
    'GET /v1/refunds/:id',
    () => stripe.refunds.retrieve(id('refund')),
    () => ({ amount: 100, status: 'succeeded' }),
  ],
  ['GET /v1/setup_intents', () => stripe.setupIntents.list({ customer: id('other') }), () => listed('setup')],
  [
    'GET /v1/setup_intents/:id',
    () => stripe.setupIntents.retrieve(id('setup')),
    () => ({ status: 'requires_payment_method' }),
  ],
  [
    'POST /v1/setup_intents/:id/confirm',
    () => stripe.setupIntents.confirm(id('toConfirm'), { payment_method: 'pm_card_visa' }),
    () => ({ status: 'succeeded' }),
  ],
  [
    'POST /v1/setup_intents/:id/cancel',
    () => stripe.setupIntents.cancel(id('setup')),
    () => ({ status: 'canceled' }),
  ],
  [
    'GET /v1/subscription_items/:id',
    () => stripe.subscriptionItems.retrieve(id('item')),
    () => ({ subscription: id('sub') }),
  ],
  [
    'POST /v1/subscription_items/:id',
    () => stripe.subscriptionItems.update(id('item'), { quantity: 3 }),
    () => ({ quantity: 3 }),
  ],
  [
    'GET /v1/subscription_schedules',
    () => stripe.subscriptionSchedules.list({ scheduled: true }),
    () => listed('schedule'),
  ],
  [
    'POST /v1/subscription_schedules/:id/cancel',
    () => stripe.subscriptionSchedules.cancel(id('schedule')),
    () => ({ status: 'canceled' }),
  ],
  [
    'DELETE /v1/subscriptions/:id/discount',
    () => stripe.subscriptions.deleteDiscount(id('sub')),
    () => ({ deleted: true }),
  ],
  [
    'POST /v1/subscriptions/:id/pause',
    () => stripe.subscriptions.pause(id('otherSub')),
    () => ({ status: 'paused' }),
  ],
  [
    'POST /v1/payment_methods/:id/detach',
    () => stripe.paymentMethods.detach(id('otherCard')),
    () => ({ customer: null }),
  ],
  ['GET /v1/tax_rates', () => stripe.taxRates.list(), () => ({ object: 'list' })],
  ['GET /v1/test_helpers/test_clocks', () => stripe.testHelpers.testClocks.list(), () => listed('clock')],
  [
    'DELETE /v1/test_helpers/test_clocks/:id',
    () => stripe.testHelpers.testClocks.del(id('clock')),
    () => gone('clock'),
  ],
  [
    'GET /v1/webhook_endpoints/:id',
    () => stripe.webhookEndpoints.retrieve(id('endpoint')),
    () => ({ enabled_events: ['price.created'] }),
  ],
];

/** An open invoice of 5.00 that nobody has paid. */
async function opened(): Promise<string> {
  const customer = await stripe.customers.create({ email: 'late@shop.test' });
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: 500,
    currency: 'eur',
  });
  await stripe.invoices.finalizeInvoice(invoice.id);
  return invoice.id;
}

describe('each route answers', () => {
  test.each(lines)('%s', async (_route, call, answer) => {
    expect(await call()).toMatchObject(answer());
  });
});
