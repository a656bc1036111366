import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mrrMovements, storeAddOns, subscriptions, tiers } from '@/db/schema';
import { addDays } from '@/lib/time';

export type Amounts = { currency: string; amount: number }[];

export type Stats = {
  total: number;
  byStatus: Record<string, number>;
  byTier: { code: string; name: string; count: number; mrr: Amounts }[];
  trialing: number;
  pastDue: number;
  /** Open and failed: what may be lost, per currency. */
  atRisk: Amounts;
  mrr: Amounts;
  arr: Amounts;
  /** Paying accounts that churned in the last 30 days ÷ those that paid 30 days ago; null without any. */
  churnRate30d: number | null;
};

/** The state of the business now: from the current subscriptions, of one platform or all. Three aggregates. */
export async function getStats(db: Db, now: Date, platformId?: string): Promise<Stats> {
  const of = platformId ? sql`and s.platform_id = ${platformId}` : sql``;
  const [groups, addOnRows, churn] = await Promise.all([
    db.execute<{
      status: string;
      code: string;
      name: string;
      currency: string;
      count: string;
      mrr: string;
      due: string;
    }>(sql`
      select s.status, t.code, t.name, s.currency, count(*) as count, sum(s.mrr_cents) as mrr, sum(s.amount_due) as due
      from ${subscriptions} s join ${tiers} t on t.id = s.tier_id
      where s.is_current ${of} group by 1, 2, 3, 4, t.display_order order by t.display_order`),
    db.execute<{ currency: string; mrr: string }>(sql`
      select s.currency, sum(s.mrr_cents) as mrr from ${storeAddOns} s where true ${of} group by 1`),
    db.execute<{ churned: string; paying: string }>(sql`
      with before as (
        select distinct on (s.merchant_id, s.platform_id, s.currency) s.after from ${mrrMovements} s
        where s.at <= ${addDays(now, -30).toISOString()} ${of}
        order by s.merchant_id, s.platform_id, s.currency, s.at desc, s.id desc
      )
      select (select count(*) from before where after > 0) as paying,
        (select count(*) from ${mrrMovements} s where s.kind = 'churn' and s.at > ${addDays(now, -30).toISOString()}
          and s.at <= ${now.toISOString()} ${of}) as churned`),
  ]);
  const byStatus: Record<string, number> = {};
  const byTier = new Map<string, Stats['byTier'][number]>();
  const mrr = new Map<string, number>();
  const risk = new Map<string, number>();
  const add = (to: Map<string, number>, currency: string, amount: number) =>
    to.set(currency, (to.get(currency) ?? 0) + amount);
  for (const row of groups) {
    const count = Number(row.count);
    byStatus[row.status] = (byStatus[row.status] ?? 0) + count;
    const tier = byTier.get(row.code) ?? { code: row.code, name: row.name, count: 0, mrr: [] };
    tier.count += count;
    const own = tier.mrr.find((one) => one.currency === row.currency);
    if (own) own.amount += Number(row.mrr);
    else tier.mrr.push({ currency: row.currency, amount: Number(row.mrr) });
    byTier.set(row.code, tier);
    add(mrr, row.currency, Number(row.mrr));
    if (row.status === 'past_due' || row.status === 'unpaid') add(risk, row.currency, Number(row.due));
  }
  for (const row of addOnRows) add(mrr, row.currency, Number(row.mrr));
  const amounts = (of_: Map<string, number>, times = 1): Amounts =>
    [...of_]
      .filter(([, amount]) => amount !== 0)
      .map(([currency, amount]) => ({ currency, amount: amount * times }));
  const paying = Number(churn[0]?.paying ?? 0);
  return {
    total: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
    byStatus,
    byTier: [...byTier.values()],
    trialing: byStatus.trialing ?? 0,
    pastDue: byStatus.past_due ?? 0,
    atRisk: amounts(risk),
    mrr: amounts(mrr),
    arr: amounts(mrr, 12),
    churnRate30d: paying === 0 ? null : Number(churn[0]?.churned ?? 0) / paying,
  };
}

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
  const rows = await db.execute<Record<string, string>>(sql`
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
    group by m.month, c.currency order by c.currency, m.month`);
  return rows.map((row) => ({
    month: row.month ?? '',
    currency: row.currency ?? '',
    new: Number(row.new),
    expansion: Number(row.expansion),
    contraction: Number(row.contraction),
    churn: Number(row.churn),
    reactivation: Number(row.reactivation),
    closing: Number(row.closing),
  }));
}

export type TrialConversion = { month: string; started: number; converted: number };

/** Local trials by the month they began in, and how many of those merchants came to pay since. */
export async function listTrialConversions(
  db: Db,
  range: { from: Date; to: Date; platformId?: string },
): Promise<TrialConversion[]> {
  const of = range.platformId ? sql`and s.platform_id = ${range.platformId}` : sql``;
  const rows = await db.execute<{ month: string; started: string; converted: string }>(sql`
    select to_char(date_trunc('month', s.started_at at time zone 'UTC'), 'YYYY-MM-DD') as month, count(*) as started,
      count(*) filter (where exists (
        select 1 from ${mrrMovements} m where m.merchant_id = s.merchant_id and m.platform_id = s.platform_id and m.kind = 'new'
      )) as converted
    from ${subscriptions} s
    where s.stripe_subscription_id is null and s.trial_end is not null
      and s.started_at >= ${range.from.toISOString()} and s.started_at <= ${range.to.toISOString()} ${of}
    group by 1 order by 1`);
  return rows.map((row) => ({
    month: row.month,
    started: Number(row.started),
    converted: Number(row.converted),
  }));
}
