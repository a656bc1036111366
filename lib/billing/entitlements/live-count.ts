import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { countUse, EPOCH, type Metered, type Period, type Use } from '@/lib/billing/features';

export type AccountMonth = Account & { month: Period };

export const startOf = (feature: Metered, account: AccountMonth) =>
  feature.kind === 'stock' ? EPOCH : account.month.start;

/** The truth about a feature's use, by `accountKey`: the module's rows and what was reported. Two statements. */
export async function countLive(
  db: Db,
  feature: Metered,
  accounts: AccountMonth[],
): Promise<Map<string, Use>> {
  const counted = accounts.map(({ month, ...account }) => ({
    ...account,
    period: feature.kind === 'flow' ? month : null,
  }));
  const own = await feature.count(db, counted);
  return countUse(
    db,
    sql`
      select r.merchant_id, r.platform_id, r.store_id, sum(r.quantity) as units
      from unnest(${sql.param(accounts.map((a) => a.merchantId))}::text[],
                  ${sql.param(accounts.map((a) => a.platformId))}::text[],
                  ${sql.param(accounts.map((a) => startOf(feature, a).toISOString()))}::text[])
           as a (merchant_id, platform_id, period_start)
      join usage_reports r on r.merchant_id = a.merchant_id and r.platform_id = a.platform_id
        and r.feature_code = ${feature.code} and r.period_start = a.period_start::timestamptz
      group by r.merchant_id, r.platform_id, r.store_id`,
    structuredClone(own),
  );
}
