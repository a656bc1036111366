import { sql } from 'drizzle-orm';
import { countUse, type LiveCount, quota } from '@/lib/billing/features';

const countOrders: LiveCount = async (db, accounts) => {
  const months = accounts.flatMap(({ period, ...account }) => (period ? [{ ...account, period }] : []));
  return countUse(
    db,
    sql`
      select o.merchant_id, o.platform_id, o.store_id, count(*)::int as units
      from unnest(${sql.param(months.map((a) => a.merchantId))}::text[],
                  ${sql.param(months.map((a) => a.platformId))}::text[],
                  ${sql.param(months.map((a) => a.period.start.toISOString()))}::text[],
                  ${sql.param(months.map((a) => a.period.end.toISOString()))}::text[])
           as a (merchant_id, platform_id, starts, ends)
      join orders o on o.merchant_id = a.merchant_id and o.platform_id = a.platform_id
        and o.placed_at >= a.starts::timestamptz and o.placed_at < a.ends::timestamptz
      group by o.merchant_id, o.platform_id, o.store_id`,
  );
};

/** How many orders a merchant may take in one billing month. */
export const orderQuota = quota('max_orders_per_month', {
  name: 'Orders per month',
  category: 'orders',
  unit: 'order',
  count: countOrders,
});

export const orderFeatures = [orderQuota];
