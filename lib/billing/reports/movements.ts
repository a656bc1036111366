import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { mrrMovements, subscriptions } from '@/db/schema';

export type MonthOfMovements = {
  /** First day of the month, UTC. */
  month: string;
  currency: string;
  new: number;
  expansion: number;
  contraction: number;
  churn: number;
  reactivation: number;
  /** Recurring revenue at the month's end. */
  closing: number;
};

/**
 * How recurring revenue moved, month by month, exact to the cent: sums of the movements that were written with each
 * change. A month without movement is there too. `closing` is the sum of all movements up to the month's end.
 */
export async function listMovements(
  db: Db,
  range: { from: Date; to: Date; platformId?: string },
): Promise<MonthOfMovements[]> {
  const of = range.platformId ? sql`and platform_id = ${range.platformId}` : sql``;
  const statement = sql`
    with months as (
      select generate_series(date_trunc('month', ${range.from.toISOString()}::timestamptz at time zone 'UTC'),
        ${range.to.toISOString()}::timestamptz at time zone 'UTC', interval '1 month') as month
    ), sums as (
      select date_trunc('month', at at time zone 'UTC') as month, currency, kind, sum(delta) as delta
      from ${mrrMovements} where at <= ${range.to.toISOString()} ${of} group by 1, 2, 3
    ), currencies as (select distinct currency from sums)
    select to_char(m.month, 'YYYY-MM-DD') as month, c.currency,
      coalesce(sum(s.delta) filter (where s.month = m.month and s.kind = 'new'), 0) as new,
      coalesce(sum(s.delta) filter (where s.month = m.month and s.kind = 'expansion'), 0) as expansion,
      coalesce(sum(s.delta) filter (where s.month = m.month and s.kind = 'contraction'), 0) as contraction,
      coalesce(sum(s.delta) filter (where s.month = m.month and s.kind = 'churn'), 0) as churn,
      coalesce(sum(s.delta) filter (where s.month = m.month and s.kind = 'reactivation'), 0) as reactivation,
      coalesce(sum(s.delta), 0) as closing
    from months m cross join currencies c left join sums s on s.currency = c.currency and s.month <= m.month
    group by m.month, c.currency order by c.currency, m.month`;
  return readRows<MonthOfMovements>(db, statement, {
    numbers: ['new', 'expansion', 'contraction', 'churn', 'reactivation', 'closing'],
  });
}

export type TrialConversion = { month: string; started: number; converted: number };

/** Local trials by the month they began in, and how many of those merchants came to pay since. */
export async function listTrialConversions(
  db: Db,
  range: { from: Date; to: Date; platformId?: string },
): Promise<TrialConversion[]> {
  const of = range.platformId ? sql`and s.platform_id = ${range.platformId}` : sql``;
  const statement = sql`
    select to_char(date_trunc('month', s.started_at at time zone 'UTC'), 'YYYY-MM-DD') as month, count(*) as started,
      count(*) filter (where exists (
        select 1 from ${mrrMovements} m where m.merchant_id = s.merchant_id and m.platform_id = s.platform_id
          and m.kind in ('new', 'reactivation') and m.at >= s.started_at
      )) as converted
    from ${subscriptions} s
    where s.stripe_subscription_id is null and s.trial_end is not null
      and s.started_at >= ${range.from.toISOString()} and s.started_at <= ${range.to.toISOString()} ${of}
    group by 1 order by 1`;
  return readRows<TrialConversion>(db, statement, { numbers: ['started', 'converted'] });
}
