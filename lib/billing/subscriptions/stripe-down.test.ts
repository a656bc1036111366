import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStripe } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { findFreePort } from '@/scripts/ports';
import { openStage, type Stage } from '@/testing/stage';
import { keptOf, type Subscriber, shopFor, verbsOf } from '@/testing/verbs';
import { changeTier } from './change';
import { startPlanCheckout } from './checkout';

let stage: Stage;
let closed: Stripe;
beforeAll(async () => {
  stage = await openStage();
  closed = createStripe('sk_test_local', `http://127.0.0.1:${await findFreePort()}`);
});
afterAll(() => stage.close());

const by = (shop: Subscriber) => stage.by(shop);
const monthly = { interval: 'month' as const };

// Only the names: the stage stands once the tests run.
describe.each(Object.keys(verbsOf({} as Stage)))('%s', (name) => {
  test('with Stripe out of reach: stripe_unavailable, nothing written, and the repeat succeeds once', async () => {
    const asked = verbsOf(stage)[name];
    if (!asked) throw new Error(name);
    const shop = await shopFor(stage, asked);
    const kept = await keptOf(stage, shop);
    await expect(asked.verb(closed, shop)).rejects.toThrow(StripeUnavailable);
    expect(await keptOf(stage, shop)).toEqual(kept);
    // The SDK itself repeats what failed: two faults are one try of ours.
    await stage.control('faults', { api: { status: 500, next: 2 } });
    await expect(asked.verb(stage.stripe, shop)).rejects.toThrow(StripeUnavailable);
    await stage.control('faults', { api: { status: 500, next: 0 } });
    expect(await keptOf(stage, shop)).toEqual(kept);
    await asked.verb(stage.stripe, shop);
    const answers = await stage.deliverNew();
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
  });
});

/** Stripe, of which the call number `step` never gets through. */
function breakingAt(step: number) {
  let calls = 0;
  const stripe = new Proxy(stage.stripe, {
    get(target, name: string) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'object' || value === null) return value;
      return new Proxy(value, {
        get(resource, verb: string) {
          const call = Reflect.get(resource, verb) as unknown;
          if (typeof call !== 'function') return call;
          return (...args: unknown[]) => {
            const reach = (calls++ === step ? Reflect.get(closed, name) : resource) as object;
            return (Reflect.get(reach, verb) as (...all: unknown[]) => unknown).apply(reach, args);
          };
        },
      });
    },
  });
  return { stripe, broke: () => calls > step };
}

describe('a call that breaks off at any of its steps is safe to repeat', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('a downgrade, at step %i', async (step) => {
    const shop = await stage.subscriber('business');
    const { stripe, broke } = breakingAt(step);
    const wish = { ...(await by(shop)), ...monthly, tierCode: 'essential' };
    const first = await changeTier(stage.db, stripe, wish).catch((error: unknown) => error);
    if (broke()) expect(first).toBeInstanceOf(StripeUnavailable);
    const { subscription } = await changeTier(stage.db, stage.stripe, wish);
    expect(subscription).toMatchObject({ tier: { code: 'business' }, pendingTier: { code: 'essential' } });
    const answers = await stage.deliverNew();
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
    expect(await stage.current(shop)).toMatchObject({ pendingTier: { code: 'essential' } });
  });

  test.each([0, 1, 2, 3])('an upgrade, at step %i: it is billed once', async (step) => {
    const shop = await stage.subscriber('essential');
    await stage.advance(5);
    const { stripe, broke } = breakingAt(step);
    const wish = { ...(await by(shop)), ...monthly, tierCode: 'business' };
    const first = await changeTier(stage.db, stripe, wish).catch((error: unknown) => error);
    if (broke()) expect(first).toBeInstanceOf(StripeUnavailable);
    expect(await changeTier(stage.db, stage.stripe, wish)).toMatchObject({
      subscription: { tier: { code: 'business' } },
    });
    const bills = (await stage.stripe.invoices.list({ customer: shop.customerId })).data;
    expect(bills.filter((bill) => bill.total > 0)).toHaveLength(2);
    await stage.deliverNew();
  });

  test.each([0, 1, 2])('a checkout, at step %i: one session is open', async (step) => {
    const shop = await stage.merchant();
    const { stripe } = breakingAt(step);
    const request = { ...(await stage.request(shop)), ...monthly, tierCode: 'business', currency: 'EUR' };
    await startPlanCheckout(stage.db, stripe, request).catch(() => {});
    const { sessionId } = await startPlanCheckout(stage.db, stage.stripe, request);
    const { customer } = await stage.stripe.checkout.sessions.retrieve(sessionId);
    const open = await stage.stripe.checkout.sessions.list({ customer: String(customer), status: 'open' });
    expect(open.data.map((one) => one.id)).toEqual([sessionId]);
  });
});
