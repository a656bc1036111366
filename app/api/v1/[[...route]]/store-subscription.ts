import { z } from '@hono/zod-openapi';
import type { Db } from '@/db/client';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { type Account, getPlatform } from '@/lib/billing/accounts';
import { getCustomer } from '@/lib/billing/customers/customers';
import { taxRules } from '@/lib/billing/customers/tax';
import { invoicePath } from '@/lib/billing/notices';
import { countSubscribers, findPrice, findTierById, listTiers } from '@/lib/billing/plans/tiers';
import { listInvoices, previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { toSnake } from '@/lib/dialect';
import { env } from '@/lib/env';
import { NotFound } from '@/lib/errors';
import { readCursor } from '@/lib/page';
import { requireStripe } from '@/lib/stripe/client';
import { findMerchant } from '@/lib/tenancy/merchants';
import { instant, iso, pageAnswer, pageOf, pageQuery, routesOf, storeQuery } from './contract';
import { asStore } from './guards';
import type { Resource } from './resource';
import { foreseenBillShape, leftOutShape } from './shapes';
import {
  presentSubscription,
  presentTier,
  type SubscriptionFacts,
  subscriptionShape,
  tierShape,
} from './subscription-shape';

const route = routesOf('Store billing');
const middleware = asStore('read');

/** Everything a subscription's shape says, in three statements at once. @throws NotFound */
export async function loadSubscriptionFacts(db: Db, account: Account): Promise<SubscriptionFacts> {
  const [merchant, platform, subscription, customer] = await Promise.all([
    findMerchant(db, account.merchantId),
    getPlatform(db, account.platformId),
    findCurrentSubscription(db, account),
    getCustomer(db, account.merchantId),
  ]);
  if (!merchant) throw new NotFound('merchant', account.merchantId);
  const tier = subscription ? await findTierById(db, subscription.tierId) : null;
  const price = (every: 'month' | 'year') =>
    tier && subscription ? (findPrice(tier, subscription.currency, every)?.unitAmount ?? null) : null;
  return {
    merchant,
    platform,
    subscription,
    customer,
    prices: { month: price('month'), year: price('year') },
  };
}

const getSubscription = route('get', '/store/billing/subscription', {
  summary: "The merchant's subscription on the store's platform",
  by: middleware,
  request: { query: storeQuery },
  200: [subscriptionShape, 'The subscription; status `none` when there never was one'],
});

const getTiers = route('get', '/store/billing/tiers', {
  summary: 'The tiers a merchant may choose from',
  by: middleware,
  request: { query: storeQuery },
  200: [z.array(tierShape), 'Active, public tiers in their order'],
});

export const invoiceShape = z
  .object({
    id: z.string(),
    number: z.string().nullable(),
    issued_at: instant,
    due_at: instant.nullable(),
    paid_at: instant.nullable(),
    status: z.enum(['draft', 'open', 'paid', 'void', 'uncollectible']),
    currency: z.string(),
    subtotal: z.number().int(),
    tax: z.number().int(),
    total: z.number().int(),
    amount_due: z.number().int().openapi({
      description: 'What there is to pay, less what the credit balance pays and what was credited before',
    }),
    amount_paid: z.number().int(),
    refunded: z.number().int(),
    credited: z.number().int().openapi({ description: 'By credit notes' }),
    period_start: instant.nullable(),
    period_end: instant.nullable(),
    hosted_invoice_url: z.string().nullable(),
    invoice_pdf: z.string().nullable(),
    kind: z.enum(['plan', 'add_on', 'credits']),
  })
  .openapi('Invoice');

/** An invoice as the API says it. */
export const presentInvoice = (
  row: Awaited<ReturnType<typeof listInvoices>>[number],
): z.infer<typeof invoiceShape> => ({
  id: row.id,
  number: row.number,
  issued_at: row.issuedAt.toISOString(),
  due_at: iso(row.dueAt),
  paid_at: iso(row.paidAt),
  status: row.status,
  currency: row.currency,
  subtotal: row.subtotal,
  tax: row.tax,
  total: row.total,
  amount_due: row.amountDue,
  amount_paid: row.amountPaid,
  refunded: row.refunded,
  credited: row.credited,
  period_start: iso(row.periodStart),
  period_end: iso(row.periodEnd),
  hosted_invoice_url: row.hostedInvoiceUrl && `${env().APP_URL}${invoicePath(row.id)}`,
  invoice_pdf: row.invoicePdf && `${env().APP_URL}${invoicePath(row.id, 'pdf')}`,
  kind: row.kind,
});

const getInvoices = route('get', '/store/billing/invoices', {
  summary: 'Invoices, newest first',
  by: middleware,
  request: { query: storeQuery.extend(pageQuery.shape) },
  200: [pageOf(invoiceShape), 'A page of invoices'],
});

const getUpcoming = route('get', '/store/billing/upcoming-invoice', {
  summary: 'The next invoice as Stripe would make it now',
  by: middleware,
  request: { query: storeQuery },
  200: [
    z
      .object({
        date: instant.nullable(),
        ...foreseenBillShape.shape,
        lines: z.array(
          z.object({
            description: z.string(),
            amount: z.number().int(),
            period_start: instant,
            period_end: instant,
          }),
        ),
        lines_left_out: leftOutShape,
      })
      .nullable(),
    'The preview; null when no invoice will come',
  ],
});

export const storeSubscription: Resource = (api) => {
  api.openapi(getSubscription, async (c) => {
    const facts = await loadSubscriptionFacts(c.env.db, c.var.store);
    return c.json(presentSubscription(facts, c.var.caller.role === 'admin'), 200);
  });

  api.openapi(getTiers, async (c) => {
    const { db } = c.env;
    const [platform, tiers] = await Promise.all([
      getPlatform(db, c.var.store.platformId),
      listTiers(db, c.var.store.platformId, { publicOnly: true }),
    ]);
    const isStaff = c.var.caller.role === 'admin' || c.var.caller.role === 'support';
    const counts = isStaff
      ? await countSubscribers(
          db,
          tiers.map((tier) => tier.id),
        )
      : new Map<string, number>();
    const of = { platformCode: platform.code, currency: platform.defaultCurrency };
    return c.json(
      tiers.map((tier) => presentTier(tier, { ...of, subscribers: counts.get(tier.id) ?? 0 })),
      200,
    );
  });

  api.openapi(getInvoices, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const rows = await listInvoices(c.env.db, c.var.store, { limit: limit + 1, before: readCursor(cursor) });
    return c.json(
      pageAnswer(rows, limit, (row) => row.issuedAt, presentInvoice),
      200,
    );
  });

  api.openapi(getUpcoming, async (c) => {
    const upcoming = await previewUpcomingInvoice(c.env.db, requireStripe(), c.var.store, taxRules());
    return c.json(upcoming && toSnake(upcoming), 200);
  });
};
