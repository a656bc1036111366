import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, refused, START } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
  await bench.local('reset', { at: START });
});
afterAll(() => bench.close());

const post = async (url: string, fields: Record<string, string>) => {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
};
const buyer = { email: 'buyer@acme.test', name: 'Buyer', expiry: '12 / 34', cvc: '123', do: 'pay' };

async function session(given: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const pro = await price(stripe, 'Professional', 9900);
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: pro.id, quantity: 1 }],
    success_url: 'http://shop.test/done?session_id={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://shop.test/back',
    ...given,
  });
}

describe('checkout', () => {
  test('4242 subscribes and goes back with the session id', async () => {
    const made = await session({
      client_reference_id: 'm1',
      subscription_data: { metadata: { tier: 'professional' } },
    });
    const paid = await post(made.url ?? '', { ...buyer, card: '4242 4242 4242 4242' });
    expect([paid.status, paid.location]).toEqual([303, `http://shop.test/done?session_id=${made.id}`]);
    const done = await stripe.checkout.sessions.retrieve(made.id, { expand: ['subscription', 'customer'] });
    expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null, amount_total: 9900 });
    expect(done.subscription).toMatchObject({ status: 'active', metadata: { tier: 'professional' } });
    expect((done.customer as Stripe.Customer).email).toBe('buyer@acme.test');
    expect(await (await fetch(made.url ?? '')).text()).toContain('Already paid');
  });

  test.each([
    ['4000000000000002', 'Your card was declined.'],
    ['4000000000009995', 'Your card has insufficient funds.'],
    ['4000000000000069', 'Your card has expired.'],
    ['4000000000000119', 'An error occurred while processing your card.'],
    ['4000000000000341', 'Your card was declined.'],
    ['4242424242424241', 'Your card number is incorrect.'],
  ])('%s shows the page again, nothing changed', async (card, words) => {
    const made = await session();
    const before = bench.running.app.store.count('customers');
    const shown = await post(made.url ?? '', { ...buyer, card });
    expect(shown.status).toBe(402);
    expect(shown.text).toContain(words);
    expect(bench.running.app.store.count('customers')).toBe(before);
    expect((await stripe.checkout.sessions.retrieve(made.id)).status).toBe('open');
  });

  test('…3155 authenticates; …3184 fails it', async () => {
    const made = await session();
    const asked = await post(made.url ?? '', { ...buyer, card: '4000002500003155' });
    expect(asked.text).toContain('Complete authentication');
    const { do: _do, ...rest } = buyer;
    const failed = await post(made.url ?? '', {
      ...rest,
      card: '4000002760003184',
      authentication: 'passed',
    });
    expect(failed.text).toContain('unable to authenticate');
    const passed = await post(made.url ?? '', {
      ...rest,
      card: '4000002500003155',
      authentication: 'passed',
    });
    expect(passed.status).toBe(303);
    const done = await stripe.checkout.sessions.retrieve(made.id);
    await bench.local('advance', { days: 32 }); // renews without asking again
    expect((await stripe.subscriptions.retrieve(done.subscription as string)).status).toBe('active');
  });

  test('a trial says 0.00 today and what comes then; at least 48 hours ahead', async () => {
    const now = Number((await bench.local('clock')).body.now);
    const error = await refused(session({ subscription_data: { trial_end: now + 47 * 3600 } }));
    expect(error.message).toContain('at least 2 days');
    const made = await session({ subscription_data: { trial_end: now + 20 * 86400 } });
    const page = await (await fetch(made.url ?? '')).text();
    expect(page).toContain('€0.00 today, then €99.00/month from');
    await post(made.url ?? '', { ...buyer, card: '4242424242424242' });
    const done = await stripe.checkout.sessions.retrieve(made.id, { expand: ['subscription', 'invoice'] });
    expect(done.payment_status).toBe('no_payment_required');
    expect(done.subscription).toMatchObject({ status: 'trialing' });
    expect((done.invoice as Stripe.Invoice).total).toBe(0);
  });

  test('an existing customer needs customer_update for tax ids (stripe.md 44)', async () => {
    const customer = await stripe.customers.create({ email: 'x@y.test' });
    const wanted = {
      customer: customer.id,
      tax_id_collection: { enabled: true },
      billing_address_collection: 'required',
    } as const;
    expect((await refused(session(wanted))).statusCode).toBe(400);
    const made = await session({
      ...wanted,
      customer_update: { name: 'auto', address: 'auto' },
      automatic_tax: { enabled: true },
    });
    await post(made.url ?? '', {
      ...buyer,
      card: '4242424242424242',
      country: 'LU',
      line1: 'x',
      postal_code: '1',
      city: 'L',
      business_name: 'Acme SA',
      tax_id: 'LU26375245',
    });
    const kept = (await stripe.customers.retrieve(customer.id, { expand: ['tax_ids'] })) as Stripe.Customer;
    expect([kept.name, kept.address?.country, kept.tax_ids?.data[0]?.value]).toEqual([
      'Acme SA',
      'LU',
      'LU26375245',
    ]);
    expect((await stripe.checkout.sessions.retrieve(made.id)).amount_total).toBe(11583);
  });

  test('promotion code, payment mode with invoice, delayed payment', async () => {
    const coupon = await stripe.coupons.create({ amount_off: 500, currency: 'eur', duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'FIVE' });
    const made = await session({ allow_promotion_codes: true });
    expect(
      (await post(made.url ?? '', { ...buyer, card: '4242424242424242', promotion_code: 'NOPE' })).text,
    ).toContain('This code is invalid.');
    await post(made.url ?? '', { ...buyer, card: '4242424242424242', promotion_code: 'five' });
    expect((await stripe.checkout.sessions.retrieve(made.id)).amount_total).toBe(9400);

    const pack = await stripe.prices.create({
      currency: 'eur',
      unit_amount: 1999,
      product_data: { name: '100 credits' },
    });
    const customer = await stripe.customers.create({ email: 'c@d.test' });
    const once = await stripe.checkout.sessions.create({
      mode: 'payment',
      customer: customer.id,
      line_items: [{ price: pack.id, quantity: 1 }],
      success_url: 'http://x.test',
      invoice_creation: { enabled: true },
    });
    const result = await bench.local(`checkout/${once.id}/complete`, { outcome: 'async' });
    expect(result.body.session).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    await bench.local('trigger', { type: 'checkout.session.async_payment_succeeded', session: once.id });
    const settled = await stripe.checkout.sessions.retrieve(once.id, { expand: ['invoice'] });
    expect(settled.payment_status).toBe('paid');
    expect(settled.invoice as Stripe.Invoice).toMatchObject({ status: 'paid', parent: null, total: 1999 });
  });

  test('expires by call and by the clock', async () => {
    const made = await session();
    expect(await stripe.checkout.sessions.expire(made.id)).toMatchObject({ status: 'expired', url: null });
    const other = await session();
    await bench.local('advance', { days: 1.1 });
    expect((await stripe.checkout.sessions.retrieve(other.id)).status).toBe('expired');
    expect((await fetch(other.url ?? '')).status).toBe(410);
  });
});

describe('portal and invoice pages', () => {
  test('cancel sets cancel_at with the flag false (stripe.md 15), and back', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const portal = await stripe.billingPortal.sessions.create({
      customer: customer.id,
      return_url: 'http://shop.test/billing',
    });
    await post(portal.url, { do: 'cancel', subscription: sub.id, feedback: 'too_expensive' });
    const asked = await stripe.subscriptions.retrieve(sub.id);
    expect(asked).toMatchObject({
      cancel_at_period_end: false,
      cancel_at: sub.items.data[0]?.current_period_end,
    });
    expect(asked.cancellation_details?.feedback).toBe('too_expensive');
    await post(portal.url, { do: 'reactivate', subscription: sub.id });
    expect((await stripe.subscriptions.retrieve(sub.id)).cancel_at).toBeNull();
  });

  test('cancel takes the latest end of the items, and classic says so by the flag (stripe.md D46)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const yearly = await price(stripe, 'Support', 12000, 'year');
    const customer = await customerWith(stripe, 'pm_card_visa');
    const cancelled = async (given: Partial<Stripe.SubscriptionCreateParams>) => {
      const sub = await stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: pro.id }],
        ...given,
      });
      const portal = await stripe.billingPortal.sessions.create({ customer: customer.id });
      await post(portal.url, { do: 'cancel', subscription: sub.id });
      return stripe.subscriptions.retrieve(sub.id);
    };
    const mixed = await cancelled({ items: [{ price: pro.id }, { price: yearly.id }] });
    expect([mixed.cancel_at_period_end, mixed.cancel_at]).toEqual([
      false,
      Math.max(...mixed.items.data.map((one) => one.current_period_end)),
    ]);
    expect((await cancelled({ billing_mode: { type: 'classic' } })).cancel_at_period_end).toBe(true);
  });

  test('configurations are refused what Stripe refuses, and sessions of an inactive one (stripe.md D63)', async () => {
    const create = (features: Stripe.BillingPortal.ConfigurationCreateParams.Features) =>
      stripe.billingPortal.configurations.create({ features });
    const odd = [
      [
        { subscription_cancel: { enabled: true, proration_behavior: 'always_invoice' } },
        'subscription_cancel',
      ],
      [
        { subscription_cancel: { enabled: true, proration_behavior: 'create_prorations' } },
        'subscription_cancel',
      ],
      [{ subscription_update: { enabled: true, default_allowed_updates: ['price'] } }, 'subscription_update'],
    ] as const;
    for (const [features, name] of odd)
      expect((await refused(create(features as never))).param).toContain(`features[${name}]`);
    const made = await create({ invoice_history: { enabled: true } });
    await stripe.billingPortal.configurations.update(made.id, { active: false });
    const customer = await stripe.customers.create({});
    const session = stripe.billingPortal.sessions.create({ customer: customer.id, configuration: made.id });
    const error = await refused(session);
    expect([error.statusCode, error.param]).toEqual([400, 'configuration']);
  });

  test('a new default card is the customer’s, and pays nothing that was open (stripe.md D64)', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_chargeCustomerFail');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    expect(sub.status).toBe('incomplete');
    const portal = await stripe.billingPortal.sessions.create({
      customer: customer.id,
      flow_data: { type: 'payment_method_update' },
    });
    const shown = await post(portal.url, { ...buyer, do: 'add', default: '1', card: '5555555555554444' });
    expect(shown.text).toContain('Your card was saved.');
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('incomplete');
    const after = (await stripe.customers.retrieve(customer.id, {
      expand: ['invoice_settings.default_payment_method'],
    })) as Stripe.Customer;
    expect((after.invoice_settings.default_payment_method as Stripe.PaymentMethod).card?.brand).toBe(
      'mastercard',
    );
  });

  test('the hosted invoice takes a card and 3-D Secure; the PDF is one', async () => {
    const pro = await price(stripe, 'Professional', 9900);
    const customer = await customerWith(stripe, 'pm_card_chargeCustomerFail');
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.id }],
      expand: ['latest_invoice'],
    });
    const url = (sub.latest_invoice as Stripe.Invoice).hosted_invoice_url ?? '';
    expect((await post(url, { ...buyer, card: '4000000000009995' })).text).toContain('insufficient funds');
    const asked = await post(url, { ...buyer, card: '4000002500003155' });
    expect(asked.location).toContain('/authenticate/pi_');
    await post(`${bench.running.url}${asked.location}`, { authentication: 'passed' });
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe('active');
    const pdf = Buffer.from(await (await fetch(`${url}/pdf`)).arrayBuffer());
    expect(pdf.subarray(0, 8).toString()).toBe('%PDF-1.4');
  });

  test('the front page and its lists answer', async () => {
    for (const path of ['/', '/objects/subscriptions', '/objects/events']) {
      const response = await fetch(bench.running.url + path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('no real money');
    }
    const moved = await post(`${bench.running.url}/_local/advance`, { days: '1' });
    expect([moved.status, moved.location]).toEqual([303, '/']);
  });
});
