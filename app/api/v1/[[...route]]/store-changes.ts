import { z } from '@hono/zod-openapi';
import { openPortal } from '@/lib/billing/customers/portal';
import { taxRules } from '@/lib/billing/customers/tax';
import { previewTierOver } from '@/lib/billing/entitlements/what-if';
import { getTier } from '@/lib/billing/plans/tiers';
import { cancelSubscription, reactivateSubscription } from '@/lib/billing/subscriptions/cancellation';
import { changeTier, undoPendingChange } from '@/lib/billing/subscriptions/change';
import { previewChange } from '@/lib/billing/subscriptions/change-preview';
import { startPlanCheckout } from '@/lib/billing/subscriptions/checkout';
import { toSnake } from '@/lib/dialect';
import { Forbidden } from '@/lib/errors';
import { features } from '@/lib/features';
import { limitPurchase } from '@/lib/rate-limit';
import { requireStripe } from '@/lib/stripe/client';
import { billingUrl, checkoutRequest } from '../../../store/[storeCode]/billing/checkout-request';
import { body, instant, routesOf, storeQuery } from './contract';
import type { Asked, StoreEnv } from './environment';
import { asStore } from './guards';
import type { Resource } from './resource';
import { foreseenBillShape, leftOutShape } from './shapes';
import { loadSubscriptionFacts } from './store-subscription';
import { presentSubscription, subscriptionShape } from './subscription-shape';

const route = routesOf('Store billing');
const write = asStore('write');
const query = storeQuery;
const choice = z.strictObject({ tier_code: z.string().min(1), is_annual: z.boolean().default(false) });
const bill = foreseenBillShape.extend({
  amount: z.number().int().openapi({ description: 'The same as `amount_due`' }),
});

export const checkoutAnswer = z
  .object({ checkout_url: z.string(), session_id: z.string() })
  .openapi('Checkout');

type StoreAsked = Asked & { var: StoreEnv['Variables'] };

/** A checkout that is asked for by the API. */
export async function askCheckout(c: StoreAsked) {
  const { storeId: id, storeCode: code } = c.var.store;
  return checkoutRequest({ ...(await context(c)), store: { id, code } }, c.env.appUrl);
}

async function answer(c: StoreAsked) {
  const facts = await loadSubscriptionFacts(c.env.db, c.var.store);
  return presentSubscription(facts, c.var.caller.role === 'admin');
}

const context = async (c: StoreAsked) => ({
  account: { merchantId: c.var.store.merchantId, platformId: c.var.store.platformId },
  actor: c.var.caller.actor,
  now: await c.env.now(),
});

const postCheckout = route('post', '/store/billing/checkout', {
  summary: 'Open Stripe Checkout for a tier',
  by: write,
  request: { query, body: body(choice.extend({ currency: z.string().length(3).toUpperCase().optional() })) },
  201: [checkoutAnswer, 'Where to pay; the same session for the same choice'],
});

const postPortal = route('post', '/store/billing/portal', {
  summary: "Open Stripe's customer portal",
  by: write,
  request: { query },
  201: [z.object({ portal_url: z.string() }), 'Where it is'],
});

const previewShape = z
  .object({
    kind: z.enum(['upgrade', 'downgrade', 'interval', 'none']),
    effective_at: instant,
    due_now: bill,
    next_invoice: bill.extend({ date: instant.nullable() }),
    lines: z.array(z.object({ description: z.string(), amount: z.number().int(), proration: z.boolean() })),
    lines_left_out: leftOutShape,
    totals: z
      .object({
        net: z.number().int(),
        tax: z.number().int(),
        total: z.number().int(),
        balance: z.number().int().openapi({ description: "Paid by the customer's credit balance" }),
        tax_reason: foreseenBillShape.shape.tax_reason,
      })
      .nullable(),
    over_limit: z.array(
      z.object({
        feature_code: z.string(),
        current: z.number().int(),
        new_limit: z.number().int(),
        over_by: z.number().int(),
        stores: z.array(z.object({ store: z.string(), current: z.number().int() })),
      }),
    ),
    takes_back: z
      .enum(['cancellation', 'change'])
      .nullable()
      .openapi({ description: 'What waits for the period’s end and goes with this change' }),
    proration_date: z.number().int().nullable(),
  })
  .openapi('TierChangePreview');

const postPreview = route('post', '/store/billing/change-tier/preview', {
  summary: 'What a change of tier would cost and put over a limit; changes nothing',
  by: asStore('read'),
  request: { query, body: body(choice) },
  200: [previewShape, 'The preview'],
});

const postChange = route('post', '/store/billing/change-tier', {
  summary: 'Change the tier: an upgrade at once, a downgrade at the end of the period',
  by: write,
  request: { query, body: body(choice.extend({ proration_date: z.number().int().optional() })) },
  200: [
    z.union([
      z.object({ subscription: subscriptionShape, effective_at: instant }),
      z.object({ subscription: subscriptionShape, payment_url: z.string() }),
    ]),
    'The subscription, and when it takes effect or where its payment waits',
  ],
});

const deletePending = route('delete', '/store/billing/pending-change', {
  summary: 'Undo a change that waits for the end of the period',
  by: write,
  request: { query },
  200: [subscriptionShape, 'The subscription'],
});

const postCancel = route('post', '/store/billing/cancel', {
  summary: 'Cancel at the end of the period',
  by: write,
  request: {
    query,
    body: body(
      z.strictObject({ reason: z.string().max(500).optional(), immediately: z.boolean().optional() }),
    ),
  },
  200: [subscriptionShape, 'The subscription'],
});

const postReactivate = route('post', '/store/billing/reactivate', {
  summary: 'Take a cancellation back before it takes effect',
  by: write,
  request: { query },
  200: [subscriptionShape, 'The subscription'],
});

export const storeChanges: Resource = (api) => {
  api.openapi(postCheckout, async (c) => {
    const chosen = c.req.valid('json');
    const stripe = requireStripe();
    await limitPurchase(c.env.db, 'checkout', c.var.caller.actor.id);
    const { platform } = await loadSubscriptionFacts(c.env.db, c.var.store);
    const session = await startPlanCheckout(c.env.db, stripe, {
      ...(await askCheckout(c)),
      tierCode: chosen.tier_code,
      interval: chosen.is_annual ? 'year' : 'month',
      currency: chosen.currency ?? platform.defaultCurrency,
    });
    return c.json(toSnake(session), 201);
  });

  api.openapi(postPortal, async (c) => {
    const stripe = requireStripe();
    await limitPurchase(c.env.db, 'portal', c.var.caller.actor.id);
    const returnUrl = billingUrl(c.var.store.storeCode, '', c.env.appUrl);
    const input = { merchantId: c.var.store.merchantId, actor: c.var.caller.actor, now: await c.env.now() };
    return c.json(toSnake(await openPortal(c.env.db, stripe, { ...input, returnUrl, tax: taxRules() })), 201);
  });

  api.openapi(postPreview, async (c) => {
    const { tier_code, is_annual } = c.req.valid('json');
    const { db } = c.env;
    const { account, now } = await context(c);
    const preview = await previewChange(db, requireStripe(), {
      account,
      tierCode: tier_code,
      interval: is_annual ? 'year' : 'month',
      now,
      tax: taxRules(),
    });
    const tier = await getTier(db, account.platformId, tier_code);
    const overLimit = await previewTierOver(db, account, tier.id, features, now);
    return c.json(toSnake({ ...preview, overLimit }), 200);
  });

  api.openapi(postChange, async (c) => {
    const { tier_code, is_annual, proration_date } = c.req.valid('json');
    const asked = await context(c);
    const done = await changeTier(c.env.db, requireStripe(), {
      ...asked,
      tierCode: tier_code,
      interval: is_annual ? 'year' : 'month',
      prorationDate: proration_date,
    });
    const subscription = await answer(c);
    return done.paymentUrl
      ? c.json({ subscription, payment_url: done.paymentUrl }, 200)
      : c.json({ subscription, effective_at: done.effectiveAt.toISOString() }, 200);
  });

  api.openapi(deletePending, async (c) => {
    await undoPendingChange(c.env.db, requireStripe(), await context(c));
    return c.json(await answer(c), 200);
  });

  api.openapi(postCancel, async (c) => {
    const { reason, immediately } = c.req.valid('json');
    if (immediately && c.var.caller.role !== 'admin') throw new Forbidden({ field: 'immediately' });
    await cancelSubscription(c.env.db, requireStripe(), { ...(await context(c)), reason, immediately });
    return c.json(await answer(c), 200);
  });

  api.openapi(postReactivate, async (c) => {
    await reactivateSubscription(c.env.db, requireStripe(), await context(c));
    return c.json(await answer(c), 200);
  });
};
