import { sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPortal } from '@/lib/billing/customers/portal';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { createStripe } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { findFreePort } from '@/scripts/ports';
import { openStage, type Stage } from '@/testing/stage';
import { endAddOns, setAddOnCancellation } from './add-on-cancellation';
import { startAddOnCheckout } from './add-ons';
import { cancelSubscription, reactivateSubscription } from './cancellation';
import { changeTier, undoPendingChange } from './change';
import { previewChange } from './change-preview';
import { startPlanCheckout } from './checkout';
import { completeCheckout } from './checkout-return';
import { startCreditCheckout } from './credit-checkout';

let stage: Stage;
let closed: Stripe;
beforeAll(async () => {
  stage = await openStage();
  closed = createStripe('sk_test_local', `http://127.0.0.1:${await findFreePort()}`);
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
type Verb = (stripe: Stripe, shop: Subscriber) => Promise<unknown>;

const by = (shop: Subscriber) => stage.by(shop);
const monthly = { interval: 'month' as const };
const addOnId = async (shop: Subscriber) => {
  const rows = await stage.db.execute<{ id: string }>(
    sql`select id from store_add_ons where merchant_id = ${shop.account.merchantId}`,
  );
  return rows[0]?.id ?? '';
};

/** Every verb that talks to Stripe, with what must stand before it. */
const verbs: Record<string, { before?: (shop: Subscriber) => Promise<unknown>; verb: Verb; fresh?: true }> = {
  'buy a plan': {
    fresh: true,
    verb: async (stripe, shop) =>
      startPlanCheckout(stage.db, stripe, {
        ...(await stage.request(shop)),
        ...monthly,
        tierCode: 'business',
        currency: 'EUR',
      }),
  },
  'open the return page': {
    fresh: true,
    before: async (shop) => {
      const { sessionId } = await stage.checkout(shop);
      await stage.pay(sessionId);
      sessions.set(shop.storeCode, sessionId);
    },
    verb: async (stripe, shop) =>
      completeCheckout(stage.db, stripe, {
        ...(await by(shop)),
        sessionId: sessions.get(shop.storeCode) ?? '',
        merchantId: shop.account.merchantId,
      }),
  },
  'preview a change': {
    verb: async (stripe, shop) =>
      previewChange(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'business' }),
  },
  upgrade: {
    verb: async (stripe, shop) =>
      changeTier(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'business' }),
  },
  downgrade: {
    verb: async (stripe, shop) =>
      changeTier(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'essential' }),
  },
  'undo a change': {
    before: async (shop) =>
      changeTier(stage.db, stage.stripe, { ...(await by(shop)), ...monthly, tierCode: 'essential' }),
    verb: async (stripe, shop) => undoPendingChange(stage.db, stripe, await by(shop)),
  },
  cancel: { verb: async (stripe, shop) => cancelSubscription(stage.db, stripe, await by(shop)) },
  'cancel now': {
    verb: async (stripe, shop) =>
      cancelSubscription(stage.db, stripe, { ...(await by(shop)), immediately: true }),
  },
  reactivate: {
    before: async (shop) => cancelSubscription(stage.db, stage.stripe, await by(shop)),
    verb: async (stripe, shop) => reactivateSubscription(stage.db, stripe, await by(shop)),
  },
  'buy an add-on': {
    verb: async (stripe, shop) =>
      startAddOnCheckout(stage.db, stripe, { ...(await stage.request(shop)), addOnCode: 'email_5' }),
  },
  'cancel an add-on': {
    before: (shop) => buyAddOn(shop),
    verb: async (stripe, shop) =>
      setAddOnCancellation(stage.db, stripe, { ...(await by(shop)), id: await addOnId(shop), cancel: true }),
  },
  'end add-ons with the plan': {
    before: async (shop) => {
      await buyAddOn(shop);
      await cancelSubscription(stage.db, stage.stripe, { ...(await by(shop)), immediately: true });
    },
    verb: async (stripe, shop) => endAddOns(stage.db, stripe, shop.account, await by(shop)),
  },
  'buy credits': {
    verb: async (stripe, shop) =>
      startCreditCheckout(stage.db, stripe, { ...(await stage.request(shop)), packageCode: 'credits_100' }),
  },
  'open the portal': {
    verb: async (stripe, shop) =>
      openPortal(stage.db, stripe, {
        ...(await by(shop)),
        merchantId: shop.account.merchantId,
        returnUrl: 'http://shop.test',
      }),
  },
  'look at the next invoice': {
    verb: (stripe, shop) => previewUpcomingInvoice(stage.db, stripe, shop.account),
  },
  reconcile: {
    verb: async (stripe, shop) =>
      reconcileStripe(stage.db, stripe, {
        ...(await by(shop)),
        livemode: false,
        merchantId: shop.account.merchantId,
      }),
  },
};
const sessions = new Map<string, string>();

async function buyAddOn(shop: Subscriber) {
  const request = { ...(await stage.request(shop)), addOnCode: 'email_5' };
  await stage.pay((await startAddOnCheckout(stage.db, stage.stripe, request)).sessionId);
  await stage.deliverNew();
}

/** All that is kept of a merchant, but for attempts to buy: an open place holds no promise. */
async function keptOf(shop: Subscriber) {
  const kept: Record<string, unknown> = {};
  for (const table of [
    'subscriptions',
    'store_add_ons',
    'invoices',
    'credit_ledger',
    'audit_log',
    'mrr_movements',
  ]) {
    kept[table] = [
      ...(await stage.db.execute(
        sql`select * from ${sql.identifier(table)} where merchant_id = ${shop.account.merchantId} order by 1`,
      )),
    ];
  }
  return kept;
}

async function makeShop(fresh: boolean): Promise<Subscriber> {
  if (!fresh) return stage.subscriber('professional');
  return { ...(await stage.merchant({ trialDays: 10 })), subscriptionId: '', customerId: '' };
}

describe.each(Object.entries(verbs))('%s', (_name, { before, verb, fresh }) => {
  test('with Stripe out of reach: stripe_unavailable, nothing written, and the repeat succeeds once', async () => {
    const shop = await makeShop(fresh ?? false);
    await before?.(shop);
    const kept = await keptOf(shop);
    await expect(verb(closed, shop)).rejects.toThrow(StripeUnavailable);
    expect(await keptOf(shop)).toEqual(kept);
    // The SDK itself repeats what failed: two faults are one try of ours.
    await stage.control('faults', { api: { status: 500, next: 2 } });
    await expect(verb(stage.stripe, shop)).rejects.toThrow(StripeUnavailable);
    await stage.control('faults', { api: { status: 500, next: 0 } });
    expect(await keptOf(shop)).toEqual(kept);
    await verb(stage.stripe, shop);
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
