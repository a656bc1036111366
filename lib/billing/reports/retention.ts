import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { mrrMovements } from '@/db/schema';

export type Cohort = {
  /** First day of the month in which these accounts first paid, UTC. */
  month: string;
  currency: string;
  /** Who began, and with how much a month: what the months are a share of. */
  started: { accounts: number; mrr: number };
  /** One entry a month, the cohort's own first, up to the month of `range.to`: accounts that pay at its end, and what they pay in a month. */
  months: { accounts: number; mrr: number }[];
};

/**
 * Who stays: accounts by the month of their first payment in a currency, and at the end of each month since how many of
 * them pay and how much. From the movements of recurring revenue, so that its sums are those of `listMovements`; an account
 * that came back counts again. One aggregate over the movements.
 */
export async function listCohorts(
  db: Db,
  range: { from: Date; to: Date; platformId?: string },
): Promise<Cohort[]> {
  const of = range.platformId ? sql`and platform_id = ${range.platformId}` : sql``;
  const statement = sql`
    with moves as (
      select currency, delta, (delta = after)::int - (after = 0)::int as accounts,
        date_trunc('month', at at time zone 'UTC') as month,
        delta = after and at = min(at) over account as is_first,
        date_trunc('month', min(at) over account at time zone 'UTC') as cohort
      from ${mrrMovements} where at <= ${range.to.toISOString()} ${of}
      window account as (partition by merchant_id, platform_id, currency)
    )
    select to_char(cohort, 'YYYY-MM-DD') as cohort, currency,
      ((extract(year from month) - extract(year from cohort)) * 12
        + extract(month from month) - extract(month from cohort))::int as months_on,
      sum(accounts) as accounts, sum(delta) as mrr,
      count(*) filter (where is_first) as began, coalesce(sum(delta) filter (where is_first), 0) as began_mrr
    from moves where cohort >= date_trunc('month', ${range.from.toISOString()}::timestamptz at time zone 'UTC')
    group by cohort, currency, month order by currency, cohort, month`;
  const rows = await readRows<Moved>(db, statement, { numbers: ['accounts', 'mrr', 'began', 'beganMrr'] });
  const cohorts = new Map<string, Cohort>();
  for (const row of rows) {
    const key = `${row.currency} ${row.cohort}`;
    const cohort = cohorts.get(key) ?? {
      month: row.cohort,
      currency: row.currency,
      started: { accounts: 0, mrr: 0 },
      months: Array.from({ length: monthsBetween(row.cohort, range.to) + 1 }, () => ({
        accounts: 0,
        mrr: 0,
      })),
    };
    cohorts.set(key, cohort);
    cohort.started.accounts += row.began;
    cohort.started.mrr += row.beganMrr;
    // What moved in a month holds from then on.
    for (const month of cohort.months.slice(row.monthsOn)) {
      month.accounts += row.accounts;
      month.mrr += row.mrr;
    }
  }
  return [...cohorts.values()];
}

/** What moved in one month of a cohort. */
type Moved = {
  cohort: string;
  currency: string;
  monthsOn: number;
  accounts: number;
  mrr: number;
  began: number;
  beganMrr: number;
};

const monthsBetween = (month: string, to: Date): number => {
  const from = new Date(`${month}T00:00:00Z`);
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
};
