import { and, inArray, isNull, sql } from 'drizzle-orm';
import pMap from 'p-map';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { checkoutSessions, customers, invoices, storeAddOns, subscriptions } from '@/db/schema';
import { AT_ONCE, type Check, type CompareOptions } from '@/lib/billing/inbox/compare';
import type { Difference } from '@/lib/billing/inbox/live-rows';
import { momentOf } from '@/lib/billing/mirror/mirror';
import { callStripe } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';

export const PAGE = 200;

export type Run = {
  db: Db;
  stripe: Stripe;
  options: CompareOptions;
  /** What was found, per merchant of whom something was compared. */
  found: Map<string, Difference[]>;
  failed: Map<string, unknown>;
  /** Stripe's ids that were compared. */
  seen: Set<string>;
  /** Merchants whose customer Stripe does not know: nothing else is said of them. */
  missing: Set<string>;
};

/** The pages of a list, newest first, each with a moment, by Stripe's clock, before it was made. */
export async function eachPage<T extends { id?: string }>(
  list: (page: { limit: number; starting_after?: string }) => Promise<Stripe.Response<Stripe.ApiList<T>>>,
  work: (listed: T[], at: Date) => Promise<void>,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const { page, at } = await callStripe(async () => {
      const asked = performance.now();
      const page = await list({ limit: 100, ...(after ? { starting_after: after } : {}) });
      // A page takes its time: what changed while it was made may not be on it, and its Date is of the end.
      const took = Math.ceil((performance.now() - asked) / 1000) * 1000;
      return { page, at: new Date(momentOf(page.lastResponse).getTime() - took) };
    });
    await work(page.data, at);
    after = page.data.at(-1)?.id;
    if (!page.has_more || !after) return;
  }
}

/** Side by side. After a fault those under way end first. */
export async function eachAtOnce<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  const one = async (item: T) => {
    if (faults.length === 0) await work(item).catch((error) => faults.push(error));
  };
  await pMap(items, one, { concurrency: AT_ONCE });
  if (faults.length > 0) throw faults[0];
}

/** Looks at something of one merchant's; what fails is the merchant's alone, unless Stripe is away. */
export async function lookAt(
  run: Run,
  merchantId: string,
  work: (check: Check) => Promise<void>,
): Promise<void> {
  if (run.failed.has(merchantId)) return;
  const found = run.found.get(merchantId) ?? [];
  run.found.set(merchantId, found);
  try {
    await work({ db: run.db, stripe: run.stripe, options: run.options, merchantId, found });
  } catch (error) {
    if (error instanceof StripeUnavailable) throw error;
    run.failed.set(merchantId, error);
  }
}

/** A subscription, add-on, bill or checkout of the customer's that may still change. */
export const hasSomething = sql<boolean>`(
  exists (select from ${subscriptions} s where s.merchant_id = ${customers.merchantId}
    and s.stripe_subscription_id is not null and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete'))
  or exists (select from ${storeAddOns} a where a.merchant_id = ${customers.merchantId} and a.ended_at is null)
  or exists (select from ${invoices} i where i.merchant_id = ${customers.merchantId} and i.status in ('open', 'draft'))
  or exists (select from ${checkoutSessions} c where c.merchant_id = ${customers.merchantId} and c.status = 'open'))`;

type Owned = { customer: string | { id: string } | null };

const customerOf = ({ customer }: Owned) => (typeof customer === 'string' ? customer : (customer?.id ?? ''));

/** Those on a page that are of customers of ours, each with its merchant. One statement. */
export async function ofOurs<T extends Owned>(
  db: Db,
  listed: T[],
): Promise<{ one: T; merchantId: string }[]> {
  const rows = await db
    .select({ id: customers.stripeCustomerId, merchantId: customers.merchantId })
    .from(customers)
    .where(
      and(inArray(customers.stripeCustomerId, listed.map(customerOf)), isNull(customers.deletedAtStripe)),
    );
  const merchants = new Map(rows.map((row) => [row.id, row.merchantId]));
  return listed.flatMap((one) => {
    const merchantId = merchants.get(customerOf(one));
    return merchantId ? [{ one, merchantId }] : [];
  });
}
