import { z } from '@hono/zod-openapi';
import { consumeCredits } from '@/lib/billing/account/credits';
import { getBalance, listLedger } from '@/lib/billing/account/wallet';
import { currentMonth, findAccount } from '@/lib/billing/accounts';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import { toSnake } from '@/lib/dialect';
import { invalid } from '@/lib/errors';
import { runOnce } from '@/lib/once';
import { limitPurchase } from '@/lib/rate-limit';
import { requireStripe } from '@/lib/stripe/client';
import { body, idempotencyHeader, instant, iso, routesOf, storeQuery } from './contract';
import { asStore } from './guards';
import type { Resource } from './resource';
import { askCheckout, checkoutAnswer } from './store-changes';

const route = routesOf('Store billing');
const balance = z.object({ monthly: z.number().int(), purchased: z.number().int() });

const creditsShape = z
  .object({
    monthly: z.number().int(),
    purchased: z.number().int(),
    total: z.number().int(),
    resets_at: instant.nullable(),
    ledger: z.array(
      z.object({
        at: instant,
        kind: z.enum(['grant', 'purchase', 'spend', 'expire', 'refund', 'adjust']),
        bucket: z.enum(['monthly', 'purchased']),
        amount: z.number().int(),
        reason: z.string(),
      }),
    ),
  })
  .openapi('Credits');

const getCredits = route('get', '/store/billing/credits', {
  summary: 'The wallet, and the latest hundred lines of its ledger',
  by: asStore('read'),
  request: { query: storeQuery },
  200: [creditsShape, 'Balance and ledger'],
});

const postCheckout = route('post', '/store/billing/credits/checkout', {
  summary: 'Open Stripe Checkout for a credit package',
  by: asStore('write'),
  request: { query: storeQuery, body: body(z.strictObject({ package_code: z.string().min(1) })) },
  201: [checkoutAnswer, 'Where to pay'],
});

const postConsume = route('post', '/store/billing/credits/consume', {
  summary: 'Spend credits: monthly first, then purchased. Needs `Idempotency-Key`',
  by: asStore('write'),
  request: {
    query: storeQuery,
    headers: idempotencyHeader,
    body: body(
      z.strictObject({ amount: z.number().int().positive(), reason: z.string().trim().min(1).max(200) }),
    ),
  },
  200: [z.object({ spent: balance, balance }), 'What was spent of each, and what is left'],
});

export const storeCredits: Resource = (api) => {
  api.openapi(getCredits, async (c) => {
    const { db } = c.env;
    const [wallet, ledger, kept, now] = await Promise.all([
      getBalance(db, c.var.store),
      listLedger(db, c.var.store, { limit: 100 }),
      findAccount(db, c.var.store),
      c.env.now(),
    ]);
    return c.json(
      {
        ...wallet,
        total: wallet.monthly + wallet.purchased,
        resets_at: iso(kept ? currentMonth(kept, now).end : null),
        ledger: ledger.map((line) => ({
          at: line.at.toISOString(),
          kind: line.kind,
          bucket: line.bucket,
          amount: line.amount,
          reason: line.reason,
        })),
      },
      200,
    );
  });

  api.openapi(postCheckout, async (c) => {
    const stripe = requireStripe();
    await limitPurchase(c.env.db, 'credits', c.var.caller.actor.id);
    const request = await askCheckout(c);
    const packageCode = c.req.valid('json').package_code;
    return c.json(toSnake(await startCreditCheckout(c.env.db, stripe, { ...request, packageCode })), 201);
  });

  api.openapi(postConsume, async (c) => {
    const key = c.req.header('idempotency-key');
    if (!key) throw invalid('Idempotency-Key', 'required', 'is required');
    const { amount, reason } = c.req.valid('json');
    const now = await c.env.now();
    const { actor } = c.var.caller;
    const account = { merchantId: c.var.store.merchantId, platformId: c.var.store.platformId };
    const call = {
      scope: `${actor.kind}:${actor.id}:credits:${account.merchantId}:${account.platformId}`,
      key,
      body: { amount, reason },
    };
    const { answer, replayed } = await runOnce(c.env.db, call, (tx) =>
      consumeCredits(tx, account, { amount, reason, key: `${actor.id}:${key}`, actor, now }),
    );
    if (replayed) c.header('Idempotent-Replayed', 'true');
    return c.json(answer, 200);
  });
};
