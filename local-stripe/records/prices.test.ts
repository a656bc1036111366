import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, refused } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const make = (given: Partial<Stripe.PriceCreateParams>) =>
  stripe.prices.create({ currency: 'eur', unit_amount: 100, product_data: { name: 'X' }, ...given });
/** A product with two prices, one of which is archived. */
async function archived() {
  const old = await price(stripe, 'Archived', 9900);
  const now = await stripe.prices.create({
    currency: 'eur',
    unit_amount: 10_900,
    product: String(old.product),
    recurring: { interval: 'month' },
  });
  return { old, now, archive: () => stripe.prices.update(old.id, { active: false }) };
}

describe('amounts and currencies', () => {
  test.each<[string, Partial<Stripe.PriceCreateParams>, string]>([
    ['eight digits at most (stripe.md D28)', { unit_amount: 100_000_000 }, 'unit_amount'],
    ['three decimals that do not end in 0 (D28)', { currency: 'kwd', unit_amount: 5124 }, 'unit_amount'],
    ['a part of a króna (D28)', { currency: 'isk', unit_amount: 550 }, 'unit_amount'],
    ['a part of a shilling (D28)', { currency: 'ugx', unit_amount: 150 }, 'unit_amount'],
    ['a currency that Stripe does not have (D29)', { currency: 'xyz' }, 'currency'],
    ['four years', { recurring: { interval: 'month', interval_count: 48 } }, 'recurring[interval_count]'],
  ])('%s', async (_which, given, param) => {
    expect(await refused(make(given))).toMatchObject({ statusCode: 400, param });
  });
  test('what is just allowed', async () => {
    await make({ unit_amount: 99_999_999 });
    await make({ currency: 'kwd', unit_amount: 5120 });
    await make({ currency: 'isk', unit_amount: 500 });
    expect((await make({ currency: 'USD' })).currency).toBe('usd');
  });
  test('an intent below the least charge (stripe.md G4, F11)', async () => {
    for (const amount of [0, 10, 49]) {
      const error = await refused(stripe.paymentIntents.create({ amount, currency: 'eur' }));
      expect(error).toMatchObject({ statusCode: 400, code: 'parameter_invalid_integer', param: 'amount' });
    }
    await stripe.paymentIntents.create({ amount: 30, currency: 'gbp' });
  });
});

describe('an archived price', () => {
  test('is refused wherever it would be new (stripe.md D25)', async () => {
    const { old, now, archive } = await archived();
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: now.id }] });
    const item = sub.items.data[0]?.id ?? '';
    const made = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    await archive();
    const line = { price: old.id, quantity: 1 };
    const phase = made.phases[0];
    const tries: [string, () => Promise<unknown>][] = [
      [
        'line_items[0][price]',
        () =>
          stripe.checkout.sessions.create({
            mode: 'subscription',
            line_items: [line],
            success_url: 'https://x.test',
          }),
      ],
      [
        'items[0][price]',
        () => stripe.subscriptions.create({ customer: customer.id, items: [{ price: old.id }] }),
      ],
      [
        'items[0][price]',
        () => stripe.subscriptions.update(sub.id, { items: [{ id: item, price: old.id }] }),
      ],
      [
        'add_invoice_items[0][price]',
        () => stripe.subscriptions.update(sub.id, { add_invoice_items: [{ price: old.id }] }),
      ],
      [
        'items[0][price]',
        () =>
          stripe.invoices.createPreview({
            subscription: sub.id,
            subscription_details: { items: [{ id: item, price: old.id }] },
          }),
      ],
      [
        'phases[1][items][0][price]',
        () =>
          stripe.subscriptionSchedules.update(made.id, {
            phases: [
              {
                items: [{ price: now.id }],
                start_date: phase?.start_date ?? 0,
                end_date: phase?.end_date ?? 0,
              },
              { items: [{ price: old.id }], duration: { interval: 'month' } },
            ],
          }),
      ],
    ];
    for (const [param, work] of tries)
      expect(await refused(work())).toMatchObject({ statusCode: 400, param });
    expect((await stripe.subscriptions.retrieve(sub.id)).items.data[0]?.price.id).toBe(now.id);
  });
  test('may stay where it is: on an item, and, as the setting says, in the running phase (D25, F16)', async () => {
    const { old, now, archive } = await archived();
    const customer = await customerWith(stripe, 'pm_card_visa');
    const sub = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: old.id }] });
    await archive();
    const item = sub.items.data[0]?.id ?? '';
    await stripe.subscriptions.update(sub.id, { items: [{ id: item, price: old.id, quantity: 2 }] });
    const made = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    const phase = made.phases[0];
    const downgrade = () =>
      stripe.subscriptionSchedules.update(made.id, {
        phases: [
          { items: [{ price: old.id }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 },
          { items: [{ price: now.id }], duration: { interval: 'month' } },
        ],
      });
    await bench.local('settings', { archived_price_in_phase: 'refused' });
    expect(await refused(downgrade())).toMatchObject({
      statusCode: 400,
      param: 'phases[0][items][0][price]',
    });
    await bench.local('settings', { archived_price_in_phase: 'taken' });
    expect((await downgrade()).phases).toHaveLength(2);
  });
  test('is listed with the active ones, an inline one never (stripe.md D24)', async () => {
    const { old, now, archive } = await archived();
    const customer = await customerWith(stripe, 'pm_card_visa');
    await stripe.subscriptions.create({
      customer: customer.id,
      items: [
        {
          price_data: {
            currency: 'eur',
            product: String(old.product),
            unit_amount: 1,
            recurring: { interval: 'month' },
          },
        },
      ],
    });
    await archive();
    const found = await stripe.prices.list({ product: String(old.product) });
    expect(found.data.map((one) => one.id)).toEqual([now.id, old.id]);
  });
  test('still holds its lookup key (stripe.md D30, F12)', async () => {
    const old = await make({ lookup_key: 'held' });
    await stripe.prices.update(old.id, { active: false });
    expect(await refused(make({ lookup_key: 'held' }))).toMatchObject({
      statusCode: 400,
      param: 'lookup_key',
    });
    expect((await make({ lookup_key: 'held', transfer_lookup_key: true })).lookup_key).toBe('held');
  });
});

describe('products', () => {
  test('the default price cannot be archived, but goes with its product (stripe.md D27, F12)', async () => {
    const product = await stripe.products.create({
      name: 'P',
      default_price_data: { currency: 'eur', unit_amount: 100 },
    });
    const id = String(product.default_price);
    expect((await refused(stripe.prices.update(id, { active: false }))).statusCode).toBe(400);
    expect((await stripe.prices.retrieve(id)).active).toBe(true);
    await stripe.products.update(product.id, { active: false });
    expect((await stripe.prices.retrieve(id)).active).toBe(false);
  });
  test('what is of an inactive one cannot be bought though its price is active (stripe.md D26)', async () => {
    const pro = await price(stripe, 'Gone', 9900);
    await stripe.products.update(String(pro.product), { active: false });
    expect((await stripe.prices.retrieve(pro.id)).active).toBe(true);
    const session = stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: pro.id, quantity: 1 }],
      success_url: 'https://x.test',
    });
    expect(await refused(session)).toMatchObject({ statusCode: 400, code: 'product_inactive' });
  });
  test('tax_behavior is said once', async () => {
    const made = await make({});
    expect((await stripe.prices.update(made.id, { tax_behavior: 'exclusive' })).tax_behavior).toBe(
      'exclusive',
    );
    const again = stripe.prices.update(made.id, { tax_behavior: 'inclusive' });
    expect(await refused(again)).toMatchObject({ statusCode: 400, param: 'tax_behavior' });
  });
});

test('a customer has one currency at a time (stripe.md D22)', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const [euro, dollar] = await Promise.all(
    ['eur', 'usd'].map((currency) =>
      make({ currency, recurring: { interval: 'month' }, tax_behavior: 'exclusive', unit_amount: 9900 }),
    ),
  );
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: euro?.id ?? '' }],
  });
  const second = () =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: dollar?.id ?? '' }] });
  const session = () =>
    stripe.checkout.sessions.create({
      mode: 'subscription',
      customer: customer.id,
      line_items: [{ price: dollar?.id ?? '', quantity: 1 }],
      success_url: 'https://x.test',
    });
  const item = () => stripe.invoiceItems.create({ customer: customer.id, amount: 100, currency: 'usd' });
  const invoice = () => stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  for (const work of [second, session, item, invoice]) expect((await refused(work())).statusCode).toBe(400);
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
  await stripe.subscriptions.cancel(sub.id);
  expect((await second()).currency).toBe('usd');
});
