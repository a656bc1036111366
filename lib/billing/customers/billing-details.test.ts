import { eq } from 'drizzle-orm';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, customers } from '@/db/schema';
import { startPlanCheckout } from '@/lib/billing/subscriptions/checkout';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { type BillingDetailsInput, updateBillingDetails } from './billing-details';
import { ensureStripeCustomer, getCustomer } from './customers';
import { weighTax } from './weigh-tax';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const save = async (shop: Shop, details: BillingDetailsInput, stripe: Stripe | null = stage.stripe) =>
  updateBillingDetails(stage.db, stripe, {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    details,
  });
const ensure = async (shop: Shop, stripe = stage.stripe) =>
  ensureStripeCustomer(stage.db, stripe, shop.account.merchantId, await stage.by(shop));
const rowOf = (shop: Shop) => getCustomer(stage.db, shop.account.merchantId);
const numbersOf = async (customer: string) =>
  (await stage.stripe.customers.listTaxIds(customer)).data.map((one) => one.value);
const nameOf = async (customer: string) => {
  const found = await stage.stripe.customers.retrieve(customer);
  return found.deleted ? null : found.name;
};
const customersOf = async (shop: Shop) =>
  (await stage.stripe.customers.list({ limit: 100 })).data.filter(
    (one) => one.metadata.merchant === shop.account.merchantId,
  );

const trailOf = async (shop: Shop) =>
  stage.db.select().from(auditLog).where(eq(auditLog.entityId, shop.account.merchantId));

type Verb = (...values: unknown[]) => Promise<unknown>;

/** A client of Stripe's some of whose calls about `part` go otherwise. */
function otherwise(part: 'customers' | 'checkout', verbs: Record<string, Verb>): Stripe {
  const changed = <T extends object>(target: T, by: Record<string, unknown>): T =>
    new Proxy(target, { get: (from, name) => by[String(name)] ?? Reflect.get(from, name) });
  const { stripe } = stage;
  if (part === 'customers') return changed(stripe, { customers: changed(stripe.customers, verbs) });
  return changed(stripe, {
    checkout: changed(stripe.checkout, { sessions: changed(stripe.checkout.sessions, verbs) }),
  });
}
const lost = () => new Stripe.errors.StripeConnectionError({ message: 'the answer got lost' } as never);
const fail = async () => {
  throw lost();
};

describe('a customer that was deleted at Stripe', () => {
  test.each(['told of', 'not told of yet'])('and %s keeps nobody from saving (bug: 404)', async (told) => {
    const shop = await stage.merchant();
    const former = await ensure(shop);
    await stage.deliverNew();
    await stage.stripe.customers.del(former);
    if (told === 'told of') await stage.deliverNew();
    await save(shop, { name: 'Here again', vatNumber: 'LU27317534', address: { country: 'LU' } });
    expect((await rowOf(shop)).deletedAtStripe).not.toBeNull();
    const next = await ensure(shop);
    expect(next).not.toBe(former);
    expect([await nameOf(next), await numbersOf(next)]).toEqual(['Here again', ['LU27317534']]);
  });

  test.each(['told of', 'not told of yet'])('and %s needs no tax treatment', async (told) => {
    const shop = await stage.merchant();
    const former = await ensure(shop);
    await save(shop, { vatNumber: 'DE312473943', address: { country: 'DE' } });
    await stage.deliverNew();
    await stage.stripe.customers.del(former);
    if (told === 'told of') await stage.deliverNew();
    await weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
    await stage.deliverNew();
    expect((await rowOf(shop)).deletedAtStripe).not.toBeNull();
  });
});

describe('a customer that is just being made', () => {
  const DETAILS = {
    name: 'Whole GmbH',
    address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' },
    vatNumber: 'DE312473943',
  };
  /** A merchant without a customer, whose VAT number was found good. */
  async function newcomer(): Promise<Shop> {
    const shop = await stage.merchant();
    await save(shop, DETAILS, null);
    await stage.db
      .update(customers)
      .set({ vatStatus: 'valid' })
      .where(eq(customers.merchantId, shop.account.merchantId));
    return shop;
  }
  /** The call goes through, and then `then` comes before its answer; only the first time. */
  function andThen(verb: 'create' | 'update' | 'createTaxId', then: () => Promise<unknown>): Stripe {
    let done = false;
    const api = stage.stripe.customers;
    return otherwise('customers', {
      [verb]: async (...values: unknown[]) => {
        const answer = await Reflect.apply(api[verb], api, values);
        if (!done) {
          done = true;
          await then();
        }
        return answer;
      },
    });
  }

  test.each(['create', 'update', 'createTaxId'] as const)(
    'has all its details though its event came before the answer to %s, which got lost (bug: nameless)',
    async (verb) => {
      const shop = await newcomer();
      const dying = andThen(verb, async () => {
        await stage.deliverNew();
        throw lost();
      });
      await expect(ensure(shop, dying)).rejects.toThrow(/stripe_unavailable/);
      const customer = await ensure(shop);
      await stage.deliverNew();
      expect(await customersOf(shop)).toMatchObject([
        { id: customer, name: 'Whole GmbH', address: { line1: 'Ring 1' }, tax_exempt: 'none' },
      ]);
      expect(await numbersOf(customer)).toEqual(['DE312473943']);
      expect(await rowOf(shop)).toMatchObject({
        stripeCustomerId: customer,
        taxExempt: 'none',
        treatment: 'reverse',
      });
      // It never looked as if it were taxed.
      const fields = (await trailOf(shop)).flatMap(({ after }) => Object.keys(after ?? {}));
      expect(fields).not.toContain('taxExempt');
    },
  );

  test.each(['update', 'createTaxId'] as const)(
    'has them though its event was first and %s failed',
    async (verb) => {
      const shop = await newcomer();
      const failing = otherwise('customers', {
        [verb]: async () => {
          await stage.deliverNew();
          throw lost();
        },
      });
      await expect(ensure(shop, failing)).rejects.toThrow(/stripe_unavailable/);
      await save(shop, { name: 'Edited before the second try' });
      const customer = await ensure(shop);
      await stage.deliverNew();
      expect(await customersOf(shop)).toMatchObject([
        { id: customer, name: 'Edited before the second try', tax_exempt: 'none' },
      ]);
      expect(await numbersOf(customer)).toEqual(['DE312473943']);
    },
  );

  test.each(['create', 'update', 'createTaxId'] as const)(
    'has what was saved while %s was answered (bug: the former number with the new one)',
    async (verb) => {
      const shop = await newcomer();
      const edited = { name: 'Edited', vatNumber: 'DE312473951' };
      const customer = await ensure(
        shop,
        andThen(verb, () => save(shop, edited)),
      );
      // Nobody has confirmed the new number yet, and the former one is not the merchant's any more.
      expect([await nameOf(customer), await numbersOf(customer)]).toEqual(['Edited', []]);
      const saved = { name: 'Edited', vatNumber: 'DE312473951', vatStatus: 'pending', stripeTaxId: null };
      expect(await rowOf(shop)).toMatchObject(saved);
      await stage.deliverNew();
      expect(await rowOf(shop)).toMatchObject(saved);
    },
  );

  test('is one for two windows, with one number, and what was saved after the faster one stays', async () => {
    const shop = await newcomer();
    const slower = andThen('create', async () => {
      await ensure(shop);
      await save(shop, { name: 'Saved in between' });
    });
    const customer = await ensure(shop, slower);
    expect((await customersOf(shop)).map(({ id, name }) => [id, name])).toEqual([
      [customer, 'Saved in between'],
    ]);
    expect(await numbersOf(customer)).toEqual(['DE312473943']);
  });

  test('and was deleted at Stripe before its number came, gives way to another', async () => {
    const shop = await newcomer();
    const failing = otherwise('customers', { createTaxId: fail });
    await expect(ensure(shop, failing)).rejects.toThrow(/stripe_unavailable/);
    await stage.deliverNew();
    const former = (await rowOf(shop)).stripeCustomerId ?? '';
    await stage.stripe.customers.del(former);
    const customer = await ensure(shop);
    expect(customer).not.toBe(former);
    expect(await numbersOf(customer)).toEqual(['DE312473943']);
  });
});

describe('an answer of Stripe that got lost', () => {
  test('makes no second customer, though the details were changed meanwhile (bug: 500 for an hour)', async () => {
    const shop = await stage.merchant();
    const losing = otherwise('customers', {
      create: async (...values) => {
        await Reflect.apply(stage.stripe.customers.create, stage.stripe.customers, values);
        throw lost();
      },
    });
    await expect(ensure(shop, losing)).rejects.toThrow(/stripe_unavailable/);
    await save(
      shop,
      { name: 'Changed meanwhile', vatNumber: 'LU27317534', address: { country: 'LU' } },
      null,
    );
    const customer = await ensure(shop);
    expect((await customersOf(shop)).map(({ id, name }) => [id, name])).toEqual([
      [customer, 'Changed meanwhile'],
    ]);
    expect(await numbersOf(customer)).toEqual(['LU27317534']);
  });

  test('leaves one open checkout, though it is asked for from another page (bug: 500)', async () => {
    const shop = await stage.merchant();
    const { checkout } = stage.stripe;
    const losing = otherwise('checkout', {
      create: async (...values) => {
        await Reflect.apply(checkout.sessions.create, checkout.sessions, values);
        throw lost();
      },
    });
    const wish = { tierCode: 'essential', interval: 'month' as const, currency: 'EUR' };
    const request = { ...(await stage.request(shop)), ...wish };
    await expect(startPlanCheckout(stage.db, losing, request)).rejects.toThrow(/stripe_unavailable/);
    const urls = { ...request.urls, cancel: 'http://other.test/c' };
    const { sessionId } = await startPlanCheckout(stage.db, stage.stripe, { ...request, urls });
    const customer = await ensure(shop);
    const open = (await checkout.sessions.list({ customer, status: 'open' })).data;
    expect(open.map(({ id, cancel_url }) => [id, cancel_url])).toEqual([[sessionId, urls.cancel]]);
  });

  test('is not waited for by another window: it is told to try again', async () => {
    const shop = await stage.merchant();
    const busy = otherwise('customers', {
      create: async () => {
        throw new Stripe.errors.StripeIdempotencyError({
          message: 'in progress',
          code: 'idempotency_key_in_use',
        } as never);
      },
    });
    await expect(ensure(shop, busy)).rejects.toThrow(/stripe_unavailable/);
  });
});
