import { setTimeout } from 'node:timers/promises';
import type Stripe from 'stripe';
import { isRefused } from '@/lib/stripe/client';

/** The account cannot show it, as Stripe Tax is off or its settings lead elsewhere: nothing is said either way. */
export class Untestable extends Error {}

/** A test clock with one customer: three are the most (stripe.md F6). */
export type TestClock = { id: string; now(): number; advance(seconds: number): Promise<void> };

/** What a clause plays with; made anew for each run, marked, and cleared away. */
export type Scene = {
  stripe: Stripe;
  product: string;
  monthly: Stripe.Price;
  dearer: Stripe.Price;
  yearly: Stripe.Price;
  once: Stripe.Price;
  /** A customer in Luxembourg; `card` null: without a method. */
  customer(params?: { card?: string | null } & Stripe.CustomerCreateParams): Promise<Stripe.Customer>;
  /** A further price of the product, euro and tax on top unless said otherwise. */
  price(params: Partial<Stripe.PriceCreateParams>): Promise<Stripe.Price>;
  coupon(params: Stripe.CouponCreateParams): Promise<Stripe.Coupon>;
  clock(): Promise<TestClock>;
  /** A disputed charge. */
  dispute(): Promise<Stripe.Dispute>;
  /** The id of a SEPA debit of the customer's. */
  debit(customer: string): Promise<string>;
  /** Done when everything is cleared away; last first. */
  afterwards(work: () => Promise<unknown>): void;
};

/** What goes another way at local Stripe, which has no card that is disputed and takes no mandate. */
export type Hands = {
  disputedCard: string;
  dispute(charge: string): Promise<unknown>;
  /** Attaches a SEPA method to a customer, so that it can be debited. */
  mandate(stripe: Stripe, customer: string, method: string): Promise<unknown>;
};

/** https://docs.stripe.com/testing (disputes); https://docs.stripe.com/payments/sepa-debit/set-up-payment */
const AT_STRIPE: Hands = {
  disputedCard: 'pm_card_createDispute',
  dispute: async () => {},
  mandate: (stripe, customer, payment_method) =>
    stripe.setupIntents.create({
      customer,
      payment_method,
      confirm: true,
      allowed_payment_method_types: ['sepa_debit'],
      mandate_data: { customer_acceptance: { type: 'offline' } },
    }),
};

/**
 * Makes a scene on a Stripe; `clear` takes away all that was made. What Stripe keeps for ever is archived: prices, products
 * that have any, portal configurations.
 */
export async function openScene(
  stripe: Stripe,
  hands: Hands = AT_STRIPE,
): Promise<Scene & { clear(): Promise<void> }> {
  const undo: (() => Promise<unknown>)[] = [];
  const afterwards: Scene['afterwards'] = (work) => void undo.push(work);
  const { id: product } = await stripe.products.create({ name: 'Tierline contract test' });
  afterwards(() => stripe.products.update(product, { active: false }));
  const price: Scene['price'] = async (params) => {
    const made = await stripe.prices.create({
      product,
      currency: 'eur',
      tax_behavior: 'exclusive',
      ...params,
    });
    afterwards(() => stripe.prices.update(made.id, { active: false }));
    return made;
  };
  const plan = (unit_amount: number, interval: 'month' | 'year') =>
    price({ unit_amount, recurring: { interval } });
  const customer: Scene['customer'] = async ({ card = 'pm_card_visa', ...params } = {}) => {
    const made = await stripe.customers.create({
      name: 'Tierline contract test',
      address: { country: 'LU' },
      ...params,
    });
    if (!params.test_clock) afterwards(() => stripe.customers.del(made.id));
    if (card === null) return made;
    const method = await stripe.paymentMethods.attach(card, { customer: made.id });
    return stripe.customers.update(made.id, { invoice_settings: { default_payment_method: method.id } });
  };
  const monthly = await plan(4900, 'month');
  return {
    stripe,
    product,
    monthly,
    dearer: await plan(9900, 'month'),
    yearly: await plan(49_000, 'year'),
    once: await price({ unit_amount: 1500 }),
    customer,
    price,
    afterwards,
    async coupon(params) {
      const made = await stripe.coupons.create(params);
      afterwards(() => stripe.coupons.del(made.id));
      return made;
    },
    async clock() {
      let at = Math.floor(Date.now() / 1000);
      const { id } = await stripe.testHelpers.testClocks.create({
        frozen_time: at,
        name: 'Tierline contract',
      });
      // Its customers and their subscriptions go with it.
      afterwards(() => stripe.testHelpers.testClocks.del(id));
      return {
        id,
        now: () => at,
        async advance(seconds) {
          at += seconds;
          await stripe.testHelpers.testClocks.advance(id, { frozen_time: at });
          await until(async () => (await stripe.testHelpers.testClocks.retrieve(id)).status !== 'advancing');
        },
      };
    },
    async dispute() {
      const { id } = await customer({ card: hands.disputedCard });
      await stripe.subscriptions.create({ customer: id, items: [{ price: monthly.id }] });
      const [charge] = (await stripe.charges.list({ customer: id })).data;
      if (!charge) throw new Error('nothing was charged');
      await hands.dispute(charge.id);
      return until(async () => (await stripe.disputes.list({ charge: charge.id })).data[0]);
    },
    async debit(customer) {
      const { id } = await stripe.paymentMethods.create({
        type: 'sepa_debit',
        sepa_debit: { iban: 'DE89370400440532013000' },
        billing_details: { name: 'Tierline contract test', email: 'contract@example.com' },
      });
      await hands.mandate(stripe, customer, id);
      return id;
    },
    async clear() {
      const left: unknown[] = [];
      for (const work of undo.splice(0).reverse()) {
        // Refused is what is gone already.
        await work().catch((error: unknown) => isRefused(error) || left.push(error));
      }
      if (left.length > 0) throw new AggregateError(left, `${left.length} things could not be cleared away`);
    },
  };
}

/** Asks until there is an answer, two minutes at most; quickly first, as local Stripe is. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let pause = 30, waited = 0; waited < 120_000; waited += pause, pause = Math.min(2_000, pause * 1.5)) {
    const found = await look();
    if (found) return found;
    await setTimeout(pause);
  }
  throw new Untestable('Stripe took longer than two minutes');
}
