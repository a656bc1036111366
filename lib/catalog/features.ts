import { sql } from 'drizzle-orm';
import { countUse, flag, type LiveCount, limit } from '@/lib/billing/features';

const countProducts: LiveCount = async (db, accounts) =>
  countUse(
    db,
    sql`
      select p.merchant_id, p.platform_id, p.store_id, count(*)::int as units
      from unnest(${sql.param(accounts.map((a) => a.merchantId))}::text[],
                  ${sql.param(accounts.map((a) => a.platformId))}::text[]) as a (merchant_id, platform_id)
      join products p on p.merchant_id = a.merchant_id and p.platform_id = a.platform_id
      group by p.merchant_id, p.platform_id, p.store_id`,
  );

/** How many products a merchant may have, over all its stores. */
export const productLimit = limit('max_products', {
  name: 'Products',
  category: 'catalog',
  unit: 'product',
  count: countProducts,
});

/** Sums of what is sold. */
export const basicAnalytics = flag('basic_analytics', { name: 'Basic analytics', category: 'analytics' });

/** The same as charts. */
export const analyticsDashboard = flag('analytics_dashboard', {
  name: 'Analytics dashboard',
  category: 'analytics',
});

export const catalogFeatures = [productLimit, basicAnalytics, analyticsDashboard];
