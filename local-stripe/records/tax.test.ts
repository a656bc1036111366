import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, receiver, refused, SECRET, START } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
afterAll(() => bench.close());
beforeEach(() => bench.local('reset', { at: START }));

const TAXED = { automatic_tax: { enabled: true } } as const;
const subscribe = async (address: Stripe.AddressParam, given: Stripe.CustomerCreateParams = {}) => {
  const pro = await price(stripe, 'Professional', 10_000);
  const customer = await customerWith(stripe, 'pm_card_visa', { address, ...given });
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    expand: ['latest_invoice'],
    ...TAXED,
  });
  return { customer, sub, tax: (sub.latest_invoice as Stripe.Invoice).total_taxes?.[0], pro };
};

describe('eu_vat has its country’s form (stripe.md D15)', () => {
  test.each([
    'DE12345678',
    'DE1234567890',
    'ATX12345678',
    'LU1234567',
    'FR12',
    'GR123456789',
    'GB123456789',
    'XX123456789',
    'NL123456789',
  ])('%s has not', async (value) => {
    const customer = await stripe.customers.create();
    const error = await refused(stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value }));
    expect(error).toMatchObject({ statusCode: 400, code: 'tax_id_invalid', param: 'value' });
    expect((await stripe.customers.listTaxIds(customer.id)).data).toEqual([]);
  });
  // Stripe's own examples: check digits are not looked at.
  test.each([
    'ATU12345678',
    'DE123456789',
    'EE123456789',
    'EL123456789',
    'ESA1234567Z',
    'FRAB123456789',
    'IE1234567AB',
    'NL123456789B12',
    'SE123456789123',
    'XI123456789',
    'lu 12 34 56 78',
  ])('%s has', async (value) => {
    const customer = await stripe.customers.create();
    const made = await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value });
    expect(made.verification?.status).toBe('pending');
  });
  test('a type that does not exist, and a malformed one at creation', async () => {
    const customer = await stripe.customers.create();
    const odd = stripe.customers.createTaxId(customer.id, { type: 'mars_vat' as 'eu_vat', value: '1' });
    expect(await refused(odd)).toMatchObject({ statusCode: 400, param: 'type' });
    const made = stripe.customers.create({ tax_id_data: [{ type: 'eu_vat', value: 'DE1' }] });
    expect(await refused(made)).toMatchObject({ code: 'tax_id_invalid', param: 'tax_id_data[0][value]' });
    expect((await stripe.customers.list()).data.map((one) => one.id)).toEqual([customer.id]);
  });
});

describe('who is charged', () => {
  test('a number of another member state shifts the tax, whatever its verification (stripe.md D16)', async () => {
    await bench.local('settings', { tax_id_verdicts: { DE123456789: 'unverified' } });
    const { sub, customer, tax } = await subscribe({ country: 'DE' });
    expect(tax).toMatchObject({ amount: 1900, taxability_reason: 'standard_rated' });
    await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE123456789' });
    await bench.local('advance', { days: 32 });
    const [renewal] = (await stripe.invoices.list({ subscription: sub.id })).data;
    expect(renewal?.total).toBe(10_000);
    expect(renewal?.total_taxes?.[0]).toMatchObject({ amount: 0, taxability_reason: 'reverse_charge' });
  });
  test('one of the seller’s own does not', async () => {
    const { tax } = await subscribe(
      { country: 'LU' },
      { tax_id_data: [{ type: 'eu_vat', value: 'LU12345678' }] },
    );
    expect(tax).toMatchObject({ amount: 1700, taxability_reason: 'standard_rated' });
  });
  test('typed in Checkout it counts at once', async () => {
    const pro = await price(stripe, 'Professional', 10_000);
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: pro.id, quantity: 1 }],
      success_url: 'https://x.test',
      tax_id_collection: { enabled: true },
      ...TAXED,
    });
    await bench.local(`checkout/${session.id}/complete`, {
      address: { country: 'DE' },
      tax_id: 'DE123456789',
    });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice'] });
    expect([done.amount_total, (done.invoice as Stripe.Invoice).total]).toEqual([10_000, 10_000]);
  });
  test('where the seller is not registered nothing is collected and nothing refused (stripe.md D17)', async () => {
    await bench.local('settings', { registrations: ['LU'] });
    const { tax, customer } = await subscribe({ country: 'DE' });
    expect(tax).toMatchObject({ amount: 0, taxability_reason: 'not_collecting' });
    const found = await stripe.customers.retrieve(customer.id, { expand: ['tax'] });
    expect((found as Stripe.Customer).tax?.automatic_tax).toBe('not_collecting');
    const { data } = await stripe.tax.registrations.list({ status: 'active' });
    expect(data.map((one) => one.country)).toEqual(['LU']);
  });
});

describe('when automatic tax is refused', () => {
  const inactive = { statusCode: 400, code: 'stripe_tax_inactive' };
  test('Stripe Tax is not set up (stripe.md D18)', async () => {
    const { customer, sub, pro } = await subscribe({ country: 'LU' });
    await bench.local('settings', { tax_active: false });
    const items = [{ price: pro.id }];
    expect(
      await refused(stripe.subscriptions.create({ customer: customer.id, items, ...TAXED })),
    ).toMatchObject(inactive);
    expect(await refused(stripe.subscriptions.update(sub.id, TAXED))).toMatchObject(inactive);
    expect(await refused(stripe.invoices.create({ customer: customer.id, ...TAXED }))).toMatchObject(
      inactive,
    );
    const session = stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: pro.id, quantity: 1 }],
      success_url: 'https://x.test',
      ...TAXED,
    });
    expect(await refused(session)).toMatchObject(inactive);
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
    const settings = await stripe.tax.settings.retrieve();
    expect([settings.status, settings.head_office]).toEqual(['pending', null]);
  });
  test('a price does not say whether tax is within it, nor does the account (stripe.md D20)', async () => {
    const silent = await stripe.prices.create({
      currency: 'eur',
      unit_amount: 10_000,
      recurring: { interval: 'month' },
      product_data: { name: 'Silent' },
    });
    const customer = await customerWith(stripe, 'pm_card_visa', { address: { country: 'LU' } });
    const sub = () =>
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: silent.id }],
        expand: ['latest_invoice'],
        ...TAXED,
      });
    const session = stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: silent.id, quantity: 1 }],
      success_url: 'https://x.test',
      ...TAXED,
    });
    expect(await refused(session)).toMatchObject({ statusCode: 400, param: 'automatic_tax' });
    expect(await refused(sub())).toMatchObject({ statusCode: 400, param: 'automatic_tax' });
    await bench.local('settings', { tax_behavior: 'inferred_by_currency' });
    expect(((await sub()).latest_invoice as Stripe.Invoice).total).toBe(10_000); // within it, in euro
  });
  test('a customer without an address (stripe.md F11)', async () => {
    const pro = await price(stripe, 'Professional', 10_000);
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] });
    const error = await refused(stripe.subscriptions.update(sub.id, TAXED));
    expect(error).toMatchObject({ statusCode: 400, code: 'customer_tax_location_invalid' });
    expect((await stripe.subscriptions.retrieve(sub.id)).automatic_tax.enabled).toBe(false);
  });
});

describe('an address that cannot be placed', () => {
  const addresses: Stripe.AddressParam[] = [
    { country: 'US' },
    { country: 'US', state: 'OR' },
    { country: 'CA' },
    { country: 'UK' },
    { country: 'XX' },
    { city: 'Luxembourg' },
  ];
  test.each(addresses)(
    '%o is refused while a subscription with automatic tax runs (stripe.md D12)',
    async (address) => {
      const { customer } = await subscribe({ country: 'LU' });
      const error = await refused(stripe.customers.update(customer.id, { name: 'New', address }));
      expect(error).toMatchObject({
        statusCode: 400,
        code: 'customer_tax_location_invalid',
        param: 'address',
      });
      expect(((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).name).toBe('Acme');
    },
  );
  test('without tax any text is stored as a country (stripe.md D14), unless it is to be checked (D13)', async () => {
    const customer = await stripe.customers.create({ address: { country: 'Germany' } });
    expect(customer.address?.country).toBe('GERMANY');
    const checked = { address: { country: 'US' }, tax: { validate_location: 'immediately' as const } };
    const refusal = { statusCode: 400, code: 'customer_tax_location_invalid' };
    expect(await refused(stripe.customers.update(customer.id, checked))).toMatchObject(refusal);
    expect(await refused(stripe.customers.create(checked))).toMatchObject(refusal);
    const placed = { country: 'US', postal_code: '97712-4918' };
    await stripe.customers.update(customer.id, { ...checked, address: placed });
  });
  test.each<[string, (customer: string) => Promise<unknown>]>([
    [
      'checked later',
      (id) => stripe.customers.update(id, { address: '', tax: { validate_location: 'deferred' } }),
    ],
    [
      'the other answer that Stripe may give (stripe.md F16)',
      async (id) => {
        await bench.local('settings', { unplaceable_address: 'stored' });
        await stripe.customers.update(id, { address: '' });
      },
    ],
  ])('%s: the renewal goes out without tax and says why (stripe.md D19)', async (_which, clear) => {
    const { customer, sub } = await subscribe({ country: 'LU' });
    await clear(customer.id);
    const hooks = await receiver();
    await stripe.webhookEndpoints.create({ url: hooks.url, enabled_events: ['*'] });
    bench.running.app.webhookSecret = SECRET;
    await bench.local('advance', { days: 32, app: false });
    const [renewal] = (await stripe.invoices.list({ subscription: sub.id })).data;
    expect([renewal?.status, renewal?.total]).toEqual(['paid', 10_000]);
    expect(renewal?.automatic_tax).toMatchObject({
      enabled: false,
      disabled_reason: 'finalization_requires_location_inputs',
    });
    expect((await stripe.subscriptions.retrieve(sub.id)).automatic_tax).toMatchObject({
      enabled: false,
      disabled_reason: 'requires_location_inputs',
    });
    const told = hooks.events.filter((event) => 'automatic_tax' in (event.data.previous_attributes ?? {}));
    expect(told.map((event) => event.type).sort()).toEqual([
      'customer.subscription.updated',
      'invoice.updated',
    ]);
    hooks.close();
  });
});

test('a deleted customer is told only to who retrieves it (stripe.md D23, F11)', async () => {
  const { id } = await stripe.customers.create();
  await stripe.customers.del(id);
  expect(await stripe.customers.retrieve(id, { expand: ['tax_ids'] })).toMatchObject({ id, deleted: true });
  await bench.local('settings', { deleted_customer_expand: 'refused' });
  expect(await refused(stripe.customers.retrieve(id, { expand: ['tax_ids'] }))).toMatchObject({
    param: 'expand',
  });
  const gone = { code: 'resource_missing' };
  expect(await refused(stripe.customers.update(id, { name: 'X' }))).toMatchObject({
    ...gone,
    statusCode: 400,
  });
  expect(await refused(stripe.customers.update('cus_none', {}))).toMatchObject({ ...gone, statusCode: 404 });
  expect(await refused(stripe.customers.del(id))).toMatchObject(gone);
  expect(await refused(stripe.customers.listTaxIds(id))).toMatchObject(gone);
  expect(await refused(stripe.billingPortal.sessions.create({ customer: id }))).toMatchObject(gone);
  expect(await refused(stripe.invoices.create({ customer: id }))).toMatchObject(gone);
});
