import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invoices, mrrMovements, storeAddOns, subscriptions, tiers } from '@/db/schema';
import { LIVE } from '@/lib/billing/statuses';
import { addDays } from '@/lib/time';

export type Amounts = { currency: string; amount: number }[];

export type Stats = Awaited<ReturnType<typeof getStats>>;

/** The state of the business now, from stored facts, of one platform or all. Four aggregates, each one pass over its rows. */
export async function getStats(db: Db, now: Date, platformId?: string) {
  const of = platformId ? sql`and s.platform_id = ${platformId}` : sql``;
  const [groups, addOnRows, owed, churn] = await Promise.all([
    // An import may bring a second plan that is paid beside the current one: its money counts, it does not.
    db.execute<
      { status: (typeof LIVE)[number]; id: string; code: string; name: string; currency: string } & Sums
    >(sql`
      select s.status, t.id, t.code, t.name, s.currency, count(*) filter (where s.is_current) as count,
        sum(s.mrr_cents) as amount
      from ${subscriptions} s join ${tiers} t on t.id = s.tier_id
      where (s.is_current or s.mrr_cents > 0) ${of}
      group by 1, 2, 3, 4, 5, t.platform_id, t.display_order order by t.platform_id, t.display_order, t.code`),
    db.execute<{ currency: string } & Sums>(sql`
      select s.currency, sum(s.mrr_cents) as amount from ${storeAddOns} s where true ${of} group by 1`),
    db.execute<{ currency: string } & Sums>(sql`
      select s.currency, sum(s.amount_due - s.amount_paid) as amount from ${invoices} s
      where s.status = 'open' ${of} and (
        exists (select 1 from ${subscriptions} p
          where p.stripe_subscription_id = s.stripe_subscription_id and p.status in ('past_due', 'unpaid'))
        or exists (select 1 from ${storeAddOns} a
          where a.stripe_subscription_id = s.stripe_subscription_id and a.status in ('past_due', 'unpaid')))
      group by 1`),
    db.execute<{ churned: string; paying: string }>(sql`
      select count(*) as paying, count(*) filter (where after = 0) as churned from (
        select sum(s.delta) filter (where s.at <= ${addDays(now, -30).toISOString()}) as before, sum(s.delta) as after
        from ${mrrMovements} s where s.at <= ${now.toISOString()} ${of} group by s.merchant_id, s.platform_id
      ) account where before > 0`),
  ]);
  const byStatus: Record<string, number> = {};
  const byTier = new Map<string, OfTier>();
  for (const row of groups) {
    const count = Number(row.count);
    if (count > 0) byStatus[row.status] = (byStatus[row.status] ?? 0) + count;
    const { id, code, name } = row;
    const tier = byTier.get(id) ?? { id, code, name, count: 0, running: 0, mrr: [] };
    tier.count += count;
    if (LIVE.includes(row.status)) tier.running += count;
    tier.mrr = sumByCurrency([...tier.mrr, { currency: row.currency, amount: Number(row.amount) }]);
    byTier.set(id, tier);
  }
  const addOns = sumByCurrency(addOnRows);
  const mrr = sumByCurrency([...[...byTier.values()].flatMap((tier) => tier.mrr), ...addOns]);
  const paying = Number(churn[0]?.paying ?? 0);
  return {
    // Current subscriptions, one per merchant and platform.
    total: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
    byStatus,
    // With the add-ons that are subscriptions of their own they make `mrr`.
    byTier: [...byTier.values()],
    addOns,
    trialing: byStatus.trialing ?? 0,
    pastDue: byStatus.past_due ?? 0,
    // What is owed on open invoices of plans and add-ons whose payment failed: what may be lost.
    atRisk: sumByCurrency(owed),
    mrr,
    arr: mrr.map(({ currency, amount }) => ({ currency, amount: amount * 12 })),
    // Of the accounts that paid 30 days ago, the share that pays nothing now; null when nobody paid.
    churnRate30d: paying === 0 ? null : Number(churn[0]?.churned ?? 0) / paying,
  };
}

/** `running` are those of `count` that have not ended. */
type OfTier = { id: string; code: string; name: string; count: number; running: number; mrr: Amounts };
type Sums = { count: string; amount: string };

/** One sum per currency, those that are not nothing. */
function sumByCurrency(rows: readonly { currency: string; amount: string | number }[]): Amounts {
  const sums = new Map<string, number>();
  for (const { currency, amount } of rows) sums.set(currency, (sums.get(currency) ?? 0) + Number(amount));
  return [...sums].filter(([, amount]) => amount !== 0).map(([currency, amount]) => ({ currency, amount }));
}
