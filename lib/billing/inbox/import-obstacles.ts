import { and, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { customers, merchants, subscriptions } from '@/db/schema';
import { ofAccount } from '@/lib/billing/accounts';
import { LIVE } from '@/lib/billing/statuses';
import type { SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';

/** Whose it is, by the surest word there is. */
export async function findMerchant(
  db: Db,
  snapshot: SubscriptionSnapshot,
  customer: Stripe.Customer | null,
  matches: Map<string, string> | undefined,
): Promise<{ by: string; ids: string[] }> {
  const listed = matches?.get(snapshot.customerId);
  if (listed) return { by: 'list', ids: await existing(db, [listed]) };
  const [bound] = await db
    .select({ id: customers.merchantId })
    .from(customers)
    .where(eq(customers.stripeCustomerId, snapshot.customerId));
  if (bound) return { by: 'customer', ids: [bound.id] };
  const named = await existing(db, [snapshot.marks?.merchant, customer?.metadata.merchant]);
  if (named.length > 0) return { by: 'metadata', ids: named };
  const email = customer?.email?.trim().toLowerCase();
  if (!email) return { by: 'nothing', ids: [] };
  const rows = await db
    .selectDistinct({ id: merchants.id })
    .from(merchants)
    .leftJoin(customers, eq(customers.merchantId, merchants.id))
    .where(or(eq(sql`lower(${merchants.email})`, email), eq(sql`lower(${customers.email})`, email)));
  return { by: 'email', ids: rows.map((row) => row.id) };
}

async function existing(db: Db, ids: (string | undefined)[]): Promise<string[]> {
  const given = [...new Set(ids.filter((id) => id !== undefined))];
  if (given.length === 0) return [];
  const rows = await db.select({ id: merchants.id }).from(merchants).where(inArray(merchants.id, given));
  return rows.map((row) => row.id);
}

/** Why a person must decide: two live plans for one account, or two customers for one merchant. */
export async function findObstacle(
  db: Db,
  what: {
    merchantId: string;
    platformId: string;
    isPlan: boolean;
    snapshot: SubscriptionSnapshot;
    taken: Set<string>;
  },
): Promise<string | null> {
  const { merchantId, platformId, snapshot } = what;
  const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
  if (row?.stripeCustomerId && !row.deletedAtStripe && row.stripeCustomerId !== snapshot.customerId) {
    return `other_customer ${row.stripeCustomerId}`;
  }
  if (!what.isPlan) return null;
  if (what.taken.has(`${merchantId}:${platformId}`)) return 'second_plan';
  const [live] = await db
    .select({ id: subscriptions.stripeSubscriptionId })
    .from(subscriptions)
    .where(
      and(
        ofAccount(subscriptions, { merchantId, platformId }),
        isNotNull(subscriptions.stripeSubscriptionId),
        inArray(subscriptions.status, LIVE),
      ),
    );
  return live ? `has_plan ${live.id}` : null;
}

/**
 * What of a subscription Tierline cannot hold: it would show and count another price than Stripe charges. Empty when all
 * is well. A price without a word on tax is held: the account's default settles it (stripe 23.1.0, types at
 * `Price.tax_behavior`).
 */
export function findUnheld({ items }: Stripe.Subscription): string[] {
  return items.data.flatMap(({ price }) => {
    const { recurring, unit_amount: amount, unit_amount_decimal: exact } = price;
    return [
      ...(items.has_more ? ['more_items_than_told'] : []),
      ...(recurring && !['month', 'year'].includes(recurring.interval)
        ? [`every_${recurring.interval}`]
        : []),
      ...(recurring && recurring.interval_count !== 1 ? [`every_${recurring.interval_count}_periods`] : []),
      ...(recurring?.usage_type === 'metered' ? ['metered'] : []),
      ...(price.billing_scheme === 'tiered' ? ['tiered'] : []),
      ...(price.transform_quantity ? ['packages'] : []),
      ...(price.tax_behavior === 'inclusive' ? ['tax_inclusive'] : []),
      ...(amount === null && exact !== null && price.billing_scheme !== 'tiered' ? ['parts_of_a_cent'] : []),
    ].map((what) => `${price.id} ${what}`);
  });
}
