import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, customerWith, open, refused } from '../testing';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

test('hosted pages speak the languages of their list, Luxembourgish is none (stripe.md D66)', async () => {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const session = (locale: Stripe.Checkout.SessionCreateParams.Locale) =>
    stripe.checkout.sessions.create({
      mode: 'setup',
      currency: 'eur',
      customer: customer.id,
      success_url: 'https://x.test',
      locale,
    });
  const error = await refused(session('lb'));
  expect([error.statusCode, error.param]).toEqual([400, 'locale']);
  expect(error.message).toMatch(/^Invalid locale: must be one of auto, bg, cs/);
  expect((await session('pt-BR')).locale).toBe('pt-BR');
  const portal = (locale: Stripe.BillingPortal.SessionCreateParams.Locale) =>
    stripe.billingPortal.sessions.create({ customer: customer.id, locale });
  expect((await refused(portal('hi-IN'))).param).toBe('locale');
  expect((await portal('en-IE')).locale).toBe('en-IE');
  // What a customer prefers has no list (api/customers/update).
  const update = await stripe.customers.update(customer.id, { preferred_locales: ['lb', 'fr'] });
  expect(update.preferred_locales).toEqual(['lb', 'fr']);
});
