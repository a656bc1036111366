import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, receiver, refused, SECRET } from '../testing';

let bench: Bench;
let stripe: Stripe;
let pro: Stripe.Price;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
  pro = await price(stripe, 'Professional', 9900);
});
afterAll(() => bench.close());

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const urls = { success_url: 'https://x.test' };
const buy = (given: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: pro.id, quantity: 1 }],
    ...urls,
    ...given,
  });
const pay = (
  unit_amount: number,
  currency = 'eur',
  given: Partial<Stripe.Checkout.SessionCreateParams> = {},
) =>
  stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price_data: { currency, unit_amount, product_data: { name: 'Pack' } }, quantity: 1 }],
    ...urls,
    ...given,
  });

describe('a total below the least charge (stripe.md D32)', () => {
  const small = { statusCode: 400, code: 'amount_too_small' };
  test('of a payment, in each currency its own', async () => {
    expect(await refused(pay(49))).toMatchObject(small);
    expect(await refused(pay(17_499, 'huf'))).toMatchObject(small);
    expect((await pay(30, 'gbp')).amount_total).toBe(30);
    expect((await pay(0)).amount_total).toBe(0);
  });
  test('of a subscription’s first invoice, but not of a trial', async () => {
    const cheap = await price(stripe, 'Cheap', 30);
    const line_items = [{ price: cheap.id, quantity: 1 }];
    expect(await refused(buy({ line_items }))).toMatchObject(small);
    await buy({ line_items, subscription_data: { trial_period_days: 7 } });
  });
});

describe('trials end in two days at the least and two years at the most (stripe.md D33)', () => {
  test.each([1, 731])('%i days', async (days) => {
    const session = buy({ subscription_data: { trial_end: now() + days * DAY } });
    expect(await refused(session)).toMatchObject({ statusCode: 400, param: 'subscription_data[trial_end]' });
  });
  test('and what lies between', async () => {
    await buy({ subscription_data: { trial_end: now() + 3 * DAY } });
    await buy({ subscription_data: { trial_end: now() + 729 * DAY } });
    const days = buy({ subscription_data: { trial_period_days: 731 } });
    expect(await refused(days)).toMatchObject({ param: 'subscription_data[trial_period_days]' });
  });
});

describe('what does not go together', () => {
  let customer: Stripe.Customer;
  beforeAll(async () => {
    customer = await customerWith(stripe, 'pm_card_visa');
  });
  type Given = Partial<Stripe.Checkout.SessionCreateParams>;
  test.each<[string, (id: string) => Given, string]>([
    [
      'tax ids of a customer whose name may not change (D34)',
      (id) => ({ customer: id, tax_id_collection: { enabled: true } }),
      'tax_id_collection',
    ],
    [
      'tax without a place, nor leave to ask for one (D34)',
      (id) => ({ customer: id, automatic_tax: { enabled: true } }),
      'customer_update',
    ],
    [
      'promotion codes beside discounts (D35)',
      () => ({ allow_promotion_codes: true, discounts: [{ coupon: 'c' }] }),
      'allow_promotion_codes',
    ],
    [
      'even when they are said to be off (D35)',
      () => ({ allow_promotion_codes: false, discounts: [{ coupon: 'c' }] }),
      'allow_promotion_codes',
    ],
    [
      'an e-mail beside a customer (D35)',
      (id) => ({ customer: id, customer_email: 'a@b.test' }),
      'customer_email',
    ],
    [
      'a customer to be made beside one (D35)',
      (id) => ({ customer: id, customer_creation: 'always' }),
      'customer_creation',
    ],
    [
      'a customer to be made for a subscription',
      () => ({ customer_creation: 'always' }),
      'customer_creation',
    ],
    [
      'what belongs to a payment (D36)',
      () => ({ payment_intent_data: {} as never, invoice_creation: { enabled: true } }),
      'invoice_creation',
    ],
    [
      'what belongs to a set-up (D36)',
      () => ({ setup_intent_data: { metadata: { a: 'b' } } }),
      'setup_intent_data',
    ],
    [
      'a method that there is not',
      () => ({ allowed_payment_method_types: ['shells' as 'card'] }),
      'allowed_payment_method_types[0]',
    ],
  ])('%s', async (_which, given, param) => {
    expect(await refused(buy(given(customer.id)))).toMatchObject({ statusCode: 400, param });
  });
  test('a subscription’s data in a payment (D36)', async () => {
    const odd = pay(1000, 'eur', { subscription_data: { description: 'x' } });
    expect(await refused(odd)).toMatchObject({ statusCode: 400, param: 'subscription_data' });
  });
});

describe('a session as it is made', () => {
  test('offers what the account has on, also to pay in another currency (stripe.md D37, F9)', async () => {
    const open = await buy();
    expect(open.payment_method_types).toEqual(['card', 'klarna', 'link', 'sepa_debit']);
    expect(open.adaptive_pricing).toEqual({ enabled: true });
    const narrow = await buy({
      allowed_payment_method_types: ['card'],
      adaptive_pricing: { enabled: false },
    });
    expect([narrow.payment_method_types, narrow.adaptive_pricing]).toEqual([['card'], { enabled: false }]);
    expect((await pay(1000, 'usd')).payment_method_types).toEqual(['card', 'link']);
  });
  test('in set-up mode has its intent at once (stripe.md G5)', async () => {
    const made = await stripe.checkout.sessions.create({ mode: 'setup', currency: 'eur', ...urls });
    expect(made.setup_intent).toMatch(/^seti_/);
    expect([made.discounts, made.payment_method_collection, made.amount_total]).toEqual([
      null,
      'always',
      null,
    ]);
    const bare = stripe.checkout.sessions.create({ mode: 'setup', ...urls });
    expect(await refused(bare)).toMatchObject({ code: 'parameter_missing', param: 'currency' });
  });
});

describe('by SEPA debit (stripe.md D37)', () => {
  const sold = async (outcome: 'succeeds' | 'fails') => {
    await bench.local('settings', { debit_days: 5, debit_outcome: outcome });
    const hooks = await receiver();
    bench.running.app.webhookSecret = SECRET;
    const endpoint = await stripe.webhookEndpoints.create({ url: hooks.url, enabled_events: ['*'] });
    const customer = await stripe.customers.create({ email: 'debit@acme.test', name: 'Debit' });
    const session = await buy({ customer: customer.id });
    await bench.local(`checkout/${session.id}/complete`, { method: 'sepa_debit' });
    const read = async () => {
      const done = await stripe.checkout.sessions.retrieve(session.id, {
        expand: ['subscription.latest_invoice.payments'],
      });
      const sub = done.subscription as Stripe.Subscription;
      const invoice = sub.latest_invoice as Stripe.Invoice;
      const intent = await stripe.paymentIntents.retrieve(
        String(invoice.payments?.data[0]?.payment.payment_intent),
      );
      return [done.status, done.payment_status, sub.status, invoice.status, intent.status];
    };
    const close = async () => {
      await stripe.webhookEndpoints.del(endpoint.id);
      hooks.close();
    };
    return { customer, hooks, read, close };
  };
  test('the subscription runs while the money is under way; then it comes', async () => {
    const { customer, hooks, read, close } = await sold('succeeds');
    expect(await read()).toEqual(['complete', 'unpaid', 'active', 'open', 'processing']);
    const methods = (await stripe.customers.listPaymentMethods(customer.id)).data;
    expect(methods.map((one) => [one.type, one.card, one.sepa_debit?.last4])).toEqual([
      ['sepa_debit', undefined, '3201'],
    ]);
    await bench.local('advance', { days: 6, app: false });
    expect(await read()).toEqual(['complete', 'paid', 'active', 'paid', 'succeeded']);
    const types = hooks.events.map((event) => event.type);
    expect(types).toContain('checkout.session.async_payment_succeeded');
    expect(types.indexOf('checkout.session.completed')).toBeLessThan(
      types.indexOf('checkout.session.async_payment_succeeded'),
    );
    // The renewal is debited too.
    await bench.local('advance', { days: 29, app: false });
    const [renewal] = (await stripe.invoices.list({ customer: customer.id })).data;
    expect([renewal?.billing_reason, renewal?.status]).toEqual(['subscription_cycle', 'open']);
    await bench.local('advance', { days: 6, app: false });
    expect((await stripe.invoices.retrieve(renewal?.id ?? '')).status).toBe('paid');
    await close();
  });
  test('or it does not', async () => {
    const { hooks, read, close } = await sold('fails');
    await bench.local('advance', { days: 6, app: false });
    expect((await read()).slice(0, 2)).toEqual(['complete', 'unpaid']);
    expect(hooks.events.map((event) => event.type)).toContain('checkout.session.async_payment_failed');
    await close();
    await bench.local('settings', { debit_outcome: 'succeeds' });
  });
  test('only where it is offered', async () => {
    const session = await buy({ allowed_payment_method_types: ['card'] });
    expect((await bench.local(`checkout/${session.id}/complete`, { method: 'sepa_debit' })).status).toBe(400);
    expect((await bench.local(`checkout/${session.id}/complete`, { outcome: 'async' })).status).toBe(400);
  });
  test('made by the API it wants a name and an address to write to', async () => {
    const sepa = { type: 'sepa_debit' as const, sepa_debit: { iban: 'AT611904300234573201' } };
    const error = await refused(stripe.paymentMethods.create({ ...sepa, billing_details: { name: 'A' } }));
    expect(error).toMatchObject({ code: 'parameter_missing', param: 'billing_details[email]' });
    const made = await stripe.paymentMethods.create({
      ...sepa,
      billing_details: { name: 'A', email: 'a@b.test' },
    });
    expect(made.sepa_debit?.country).toBe('AT');
  });
});

test('a sent invoice is paid by transfer', async () => {
  const customer = await stripe.customers.create({ email: 'transfer@acme.test' });
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    collection_method: 'send_invoice',
    days_until_due: 14,
  });
  const invoice = String(sub.latest_invoice);
  await stripe.invoices.finalizeInvoice(invoice);
  expect((await bench.local('trigger', { type: 'bank_transfer', invoice })).body).toMatchObject({
    status: 'paid',
  });
  const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
  expect(charge?.payment_method_details?.type).toBe('customer_balance');
  expect((await bench.local('trigger', { type: 'bank_transfer', invoice })).status).toBe(400);
});

test('a customer has 500 subscriptions at most, live and scheduled together (stripe.md D38)', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  const { store } = bench.running.app;
  const one = store.get('subscriptions', made.id);
  for (let n = 1; n < 500; n += 1)
    if (one) store.put('subscriptions', { ...structuredClone(one), id: `sub_copy_${n}` });
  const more = () => stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
  expect(await refused(more())).toMatchObject({ statusCode: 400, code: 'customer_max_subscriptions' });
  await stripe.subscriptions.cancel(made.id);
  await more();
  for (let n = 1; n < 500; n += 1) store.remove('subscriptions', `sub_copy_${n}`);
});

describe('refusals of a card', () => {
  test('at attach say what the network says (stripe.md F14)', async () => {
    const customer = await stripe.customers.create();
    const error = await refused(
      stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id }),
    );
    expect(error).toMatchObject({
      statusCode: 402,
      code: 'card_declined',
      decline_code: 'generic_decline',
      advice_code: 'try_again_later',
      network_decline_code: '01',
      param: '',
    });
    // The one that attaches and fails later is another.
    await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  });
  test('an unknown method is 404 (stripe.md G4)', async () => {
    const customer = await stripe.customers.create();
    const error = await refused(stripe.paymentMethods.attach('pm_none', { customer: customer.id }));
    expect(error).toMatchObject({ statusCode: 404, code: 'resource_missing', param: 'payment_method' });
  });
});

test('a charge without an invoice is booked a moment later (stripe.md G5)', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: true,
    return_url: 'https://x.test',
    expand: ['latest_charge'],
  });
  const charge = intent.latest_charge as Stripe.Charge;
  expect(charge.balance_transaction).toBeNull();
  await bench.local('advance', { days: 1, app: false });
  expect((await stripe.charges.retrieve(charge.id)).balance_transaction).toMatch(/^txn_/);
});
