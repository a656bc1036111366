import { z } from '@hono/zod-openapi';
import { listAddOnProducts } from '@/lib/billing/plans/extras';
import { setAddOnCancellation } from '@/lib/billing/subscriptions/add-on-cancellation';
import { listStoreAddOns, type StoreAddOn, startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { toSnake } from '@/lib/dialect';
import { limitPurchase } from '@/lib/rate-limit';
import { requireStripe } from '@/lib/stripe/client';
import { body, instant, iso, routesOf, storeQuery } from './contract';
import { asStore } from './guards';
import type { Resource } from './resource';
import { status } from './shapes';
import { askCheckout, checkoutAnswer } from './store-changes';

const route = routesOf('Store billing');

const addOnShape = z
  .object({
    code: z.string(),
    name: z.string(),
    category: z.enum(['domain', 'ssl', 'email', 'other']),
    currency: z.string(),
    amount: z.number().int(),
    interval: z.enum(['month', 'year']),
    features: z.array(z.object({ feature_code: z.string(), amount: z.number().int() })),
  })
  .openapi('AddOn');

const myAddOnShape = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    store: z.string(),
    domain: z.string().optional(),
    status,
    current_period_end: instant.nullable(),
    cancel_at_period_end: z.boolean(),
    is_on_plan: z
      .literal(true)
      .optional()
      .describe(
        "An item of the plan's own subscription: DELETE removes it at once, with credit for unused time",
      ),
  })
  .openapi('StoreAddOn');

const presentMine = (row: StoreAddOn): z.infer<typeof myAddOnShape> => ({
  id: row.id,
  code: row.code,
  name: row.name,
  store: row.storeCode,
  ...(row.domain ? { domain: row.domain } : {}),
  status: row.status,
  current_period_end: iso(row.currentPeriodEnd),
  cancel_at_period_end: row.cancelAt !== null || row.cancelAtPeriodEnd,
  ...(row.isOnPlan ? { is_on_plan: true as const } : {}),
});

const getAddOns = route('get', '/store/billing/addons', {
  summary: 'The add-ons that can be bought',
  by: asStore('read'),
  request: { query: storeQuery },
  200: [z.array(addOnShape), 'Add-ons in their order'],
});

const getMine = route('get', '/store/billing/my-addons', {
  summary: 'The add-ons the merchant has',
  by: asStore('read'),
  request: { query: storeQuery },
  200: [z.array(myAddOnShape), 'Live ones first'],
});

const purchase = route('post', '/store/billing/addons/purchase', {
  summary: 'Open Stripe Checkout for an add-on of this store',
  by: asStore('write'),
  request: {
    query: storeQuery,
    body: body(z.strictObject({ addon_code: z.string().min(1), domain: z.string().max(253).optional() })),
  },
  201: [checkoutAnswer, 'Where to pay'],
});

const removeMine = route('delete', '/store/billing/addons/{id}', {
  summary: 'Cancel an add-on',
  description:
    'It ends with what is paid. One with `is_on_plan` goes at once and answers `status: canceled`: what is left of the paid time is credited on the next invoice. While a change of plan waits that is refused with 409 `change_pending`.',
  by: asStore('write'),
  request: { query: storeQuery, params: z.object({ id: z.string() }) },
  200: [myAddOnShape, 'The add-on'],
});

export const storeAddOns: Resource = (api) => {
  api.openapi(getAddOns, async (c) => {
    const rows = await listAddOnProducts(c.env.db, c.var.store.platformId);
    return c.json(
      rows.map((row) => ({
        code: row.code,
        name: row.name,
        category: row.category,
        currency: row.currency,
        amount: row.unitAmount,
        interval: row.interval,
        features: row.features.map((one) => ({ feature_code: one.featureCode, amount: one.amount })),
      })),
      200,
    );
  });

  api.openapi(getMine, async (c) => {
    return c.json((await listStoreAddOns(c.env.db, c.var.store)).map(presentMine), 200);
  });

  api.openapi(purchase, async (c) => {
    const { addon_code, domain } = c.req.valid('json');
    const stripe = requireStripe();
    await limitPurchase(c.env.db, 'add_on', c.var.caller.actor.id);
    const request = await askCheckout(c);
    const bought = { ...request, addOnCode: addon_code, domain };
    return c.json(toSnake(await startAddOnCheckout(c.env.db, stripe, bought)), 201);
  });

  api.openapi(removeMine, async (c) => {
    const row = await setAddOnCancellation(c.env.db, requireStripe(), {
      account: { merchantId: c.var.store.merchantId, platformId: c.var.store.platformId },
      id: c.req.valid('param').id,
      cancel: true,
      actor: c.var.caller.actor,
      now: await c.env.now(),
    });
    return c.json(presentMine(row), 200);
  });
};
