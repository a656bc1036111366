import { sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { fixedSql } from '@/db/fixed-sql';
import type { Account } from '@/lib/billing/accounts';
import type { Metered } from '@/lib/billing/features';
import { givesTier, monthStart } from './standing-sql';

export type Taken = { used: number; limit: number | null };

export type Where = {
  /** The store that uses the unit; null where none can be named. */
  storeId?: string | null;
  /** Business time. */
  now: Date;
};

const value = (name: Value) => sql`${sql.placeholder(name)}`;
type Value = 'merchant' | 'platform' | 'feature' | 'store' | 'now' | 'quantity' | 'whatever';
const merchant = sql`${value('merchant')}::text`;
const platform = sql`${value('platform')}::text`;
const code = sql`${value('feature')}::text`;
const store = sql`${value('store')}::text`;
const now = sql`${value('now')}::timestamptz`;
const quantity = sql`${value('quantity')}::bigint`;
const whatever = sql`${value('whatever')}::boolean`;

/**
 * The one statement of `consume`: which tier counts → what it, an override and add-ons grant (`granted` of the migration of
 * that name); then the counter's row is opened or raised if that leaves it within the limit. The condition is checked on the newest version of the row, under
 * its lock.
 */
const statement = (kind: Metered['kind']) => sql`
  with rule as materialized (
    select granted.units,
      ${kind === 'flow' ? monthStart(now) : sql`'epoch'::timestamptz`} as period_start
    from platforms p
    join merchants m on m.id = ${merchant}
    left join subscriptions s on s.merchant_id = ${merchant} and s.platform_id = ${platform} and s.is_current
    left join tiers f on f.platform_id = p.id and f.code = p.fallback_tier_code
    cross join lateral granted(${merchant}, ${platform}, ${code}, case when ${givesTier(now)} then s.tier_id else f.id end, ${now})
    ${
      kind === 'flow'
        ? sql`left join billing_accounts b on b.merchant_id = ${merchant} and b.platform_id = ${platform}`
        : sql``
    }
    where p.id = ${platform}
  )
  insert into usage_counters as c (merchant_id, platform_id, feature_code, period_start, used, by_store)
  select ${merchant}, ${platform}, ${code}, rule.period_start, ${quantity},
    jsonb_build_object(${store}, ${quantity})
  from rule where ${whatever} or rule.units is null or ${quantity} <= rule.units
  on conflict (merchant_id, platform_id, feature_code, period_start) do update
    set used = c.used + excluded.used,
      by_store = c.by_store || jsonb_build_object(${store},
        coalesce((c.by_store ->> ${store})::bigint, 0) + excluded.used)
    where ${whatever} or (select units is null or c.used + excluded.used <= units from rule)
  returning c.used, (select units from rule) as "limit"`;

const take = {
  stock: fixedSql<Value>(statement('stock')),
  flow: fixedSql<Value>(statement('flow')),
};

/** Takes the units if there is room, or `whatever` there is; null when there is none. */
export async function takeUnits(
  tx: Tx,
  account: Account,
  feature: Metered,
  units: number,
  where: Where,
  whateverLimit = false,
): Promise<Taken | null> {
  const [row] = await tx.execute<{ used: string; limit: string | null }>(
    take[feature.kind]({
      merchant: account.merchantId,
      platform: account.platformId,
      feature: feature.code,
      store: where.storeId ?? '',
      now: where.now.toISOString(),
      quantity: units,
      whatever: whateverLimit,
    }),
  );
  return row ? { used: Number(row.used), limit: row.limit === null ? null : Number(row.limit) } : null;
}
