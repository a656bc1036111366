import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import {
  merchants,
  platforms,
  storeAddOns,
  stores,
  type subscriptionStatuses,
  subscriptions,
  tierLimits,
  tiers,
} from '@/db/schema';
import { featuresOver } from '@/lib/billing/entitlements/over-limits';
import { at } from '@/lib/billing/entitlements/standing-sql';
import type { Feature } from '@/lib/billing/features';
import { LIVE } from '@/lib/billing/statuses';
import { matchingMerchants } from '@/lib/merchant-search';
import { invalidCursor, readMark, writeMark } from '@/lib/page';

export const subscriptionSorts = ['started', 'period_end', 'mrr'] as const;
export type SubscriptionSort = (typeof subscriptionSorts)[number];

/**
 * `running`: has not ended and is not waiting to begin; `over_limit`: uses more of a feature than it is granted; `grandfathered`: runs on a plan
 * that is not offered any more (it has a successor, or is private).
 */
export const subscriptionStates = [
  'running',
  'past_due',
  'cancelling',
  'pending_change',
  'over_limit',
  'grandfathered',
] as const;
export type SubscriptionState = (typeof subscriptionStates)[number];

export type SubscriptionFilter = {
  platformId?: string;
  tierCode?: string;
  status?: (typeof subscriptionStatuses)[number];
  /** A state that is more than a status. */
  state?: SubscriptionState;
  /** What `matchingMerchants` knows a merchant by. */
  search?: string;
  merchantId?: string;
  sort?: SubscriptionSort;
  cursor?: string;
  limit: number;
};

export type SubscriptionListRow = {
  id: string;
  merchantId: string;
  merchantName: string;
  platformCode: string;
  tierCode: string;
  tierName: string;
  status: (typeof subscriptionStatuses)[number];
  interval: 'month' | 'year';
  currency: string;
  currentPeriodStart: Date | null;
  currentPeriodEnd: Date | null;
  trialEnd: Date | null;
  cancelAt: Date | null;
  pastDueSince: Date | null;
  pendingTierCode: string | null;
  isLocal: boolean;
  storeCodes: string[];
  featureCount: number;
  /** Codes of the features of which more is used than granted. */
  over: string[];
  isGrandfathered: boolean;
  /** All that the account brings in a month, in the row's currency: its plan, add-ons, and a second plan of an import. */
  mrrCents: number;
  /** What of it is not the plan's: the list is sorted by the plan alone, which an index can. */
  besideCents: number;
};

/**
 * Each sort is what an index over the current subscriptions is about, with the id behind it, newest or dearest first. A plan
 * given without an end ends after all others.
 */
const sortColumns: Record<SubscriptionSort, (row: string) => SQL> = {
  started: (row) => sql.raw(`${row}.started_at`),
  period_end: (row) => sql.raw(`coalesce(${row}.current_period_end, 'infinity')`),
  mrr: (row) => sql.raw(`${row}.mrr_cents`),
};

/**
 * The current subscriptions, filtered, sorted and paged by cursor: one statement, whose cost does not grow with the table.
 * Stores and feature counts are read for the page's rows only.
 */
export async function listSubscriptions(
  db: Db,
  filter: SubscriptionFilter,
  { features, now }: { features: readonly Feature[]; now: Date },
): Promise<{ rows: SubscriptionListRow[]; nextCursor: string | null }> {
  const sort = filter.sort ?? 'started';
  const column = sortColumns[sort]('s');
  const where: SQL[] = [sql`s.is_current`];
  if (filter.platformId) where.push(sql`s.platform_id = ${filter.platformId}`);
  if (filter.merchantId) where.push(sql`s.merchant_id = ${filter.merchantId}`);
  if (filter.status) where.push(sql`s.status = ${filter.status}`);
  if (filter.tierCode)
    where.push(sql`s.tier_id in (select id from ${tiers} where code = ${filter.tierCode})`);
  if (filter.state === 'running') where.push(sql`s.status in ${LIVE}`);
  if (filter.state === 'past_due') where.push(sql`s.status in ('past_due', 'unpaid')`);
  if (filter.state === 'cancelling') where.push(sql`s.cancel_at is not null and s.ended_at is null`);
  if (filter.state === 'pending_change') where.push(sql`s.pending_tier_id is not null`);
  if (filter.state === 'grandfathered') {
    where.push(sql`s.status in ${LIVE}`);
    // Asked first: knowing the few plans, the planner takes the index by plan and does not walk the list for them.
    const kept = await db.execute<{ id: string }>(sql`select t.id from ${tiers} t where ${isGrandfathered}`);
    if (kept.length === 0) return { rows: [], nextCursor: null };
    where.push(
      sql`s.tier_id in (${sql.join(
        kept.map(({ id }) => sql`${id}`),
        sql`, `,
      )})`,
    );
  }
  const over = featuresOver(features, at(now));
  const onlyOver = filter.state === 'over_limit';
  if (onlyOver) where.push(sql`s.may_be_over`);
  const search = filter.search?.trim();
  // Searched, the few merchants that match are found first and their subscriptions by index: the planner would rather walk
  // the whole list in its order and look for them. `offset 0` keeps it from turning that round.
  const source = search
    ? sql`(${matchingMerchants(search)}) found cross join lateral (
        select * from ${subscriptions} where ${subscriptions.merchantId} = found.id and ${subscriptions.isCurrent} offset 0) s`
    : sql`${subscriptions} s`;
  const after = readAfter(filter.cursor, sort);
  if (after) where.push(sql`(${column}, s.id) < (${after.value}, ${after.id})`);
  // Written out: with a parameter here the cached plan expects a tenth of the table, and sorts all of it.
  const rowsToRead = sql.raw(String(Math.trunc(filter.limit) + 1));
  const listed = sql`select s.* from ${source} where ${sql.join(where, sql` and `)} order by ${column} desc, s.id desc`;
  // Who is over is worked out row by row in the list's order, until the page is full: `offset 0` keeps that order.
  const statement = sql`
    with page as (
      select s.*, (${column})::text as sort_value, o.over from (${listed} ${onlyOver ? sql`offset 0` : sql`limit ${rowsToRead}`}) s
      cross join lateral (select ${over} as over) o
      ${onlyOver ? sql`where o.over is not null` : sql``}
      order by ${column} desc, s.id desc limit ${rowsToRead}
    )
    select page.id, page.merchant_id, m.name as merchant_name, p.code as platform_code, t.code as tier_code, t.name as tier_name,
      page.status, page.interval, page.currency, page.current_period_start, page.current_period_end, page.trial_end, page.cancel_at,
      page.past_due_since, pt.code as pending_tier_code, page.stripe_subscription_id is null as is_local,
      coalesce(page.over, '{}') as over, (${isGrandfathered}) as is_grandfathered,
      (select count(*)::int from ${tierLimits} l where l.tier_id = page.tier_id and l.enabled) as feature_count,
      page.mrr_cents + beside.cents as mrr_cents, beside.cents as beside_cents, page.sort_value,
      array(select code from ${stores} where merchant_id = page.merchant_id and platform_id = page.platform_id
        order by code) as store_codes
    from page
    join ${merchants} m on m.id = page.merchant_id
    join ${platforms} p on p.id = page.platform_id
    join ${tiers} t on t.id = page.tier_id
    left join ${tiers} pt on pt.id = page.pending_tier_id
    cross join lateral (select
      (select coalesce(sum(a.mrr_cents), 0)::bigint from ${storeAddOns} a
        where a.merchant_id = page.merchant_id and a.platform_id = page.platform_id and a.currency = page.currency)
      + (select coalesce(sum(o.mrr_cents), 0)::bigint from ${subscriptions} o
        where o.merchant_id = page.merchant_id and o.platform_id = page.platform_id and not o.is_current
          and o.currency = page.currency) as cents) beside
    order by ${sortColumns[sort]('page')} desc, page.id desc`;
  const rows = await readRows<SubscriptionListRow & { sortValue: string }>(db, statement, {
    dates: ['currentPeriodStart', 'currentPeriodEnd', 'trialEnd', 'cancelAt', 'pastDueSince'],
    numbers: ['mrrCents', 'besideCents'],
  });
  const shown = rows.slice(0, filter.limit);
  const last = shown.at(-1);
  return {
    rows: shown,
    nextCursor: rows.length > filter.limit && last ? writeMark(last.sortValue, last.id) : null,
  };
}

/** `isGrandfathered` of tiers.ts, of the tier `t`. */
const isGrandfathered = sql`(t.successor_id is not null or not t.is_public)`;

/** What PostgreSQL writes for a number and for an instant: the cursor of one order is none of another. */
const CURSOR_VALUE = {
  mrr: /^-?\d{1,18}$/,
  instant: /^(?:infinity|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d(:\d\d)?)$/,
};

/** After which row a page begins. The value goes back as it came: a timestamp of microseconds or a number. */
function readAfter(cursor: string | undefined, sort: SubscriptionSort): { value: SQL; id: string } | null {
  if (!cursor) return null;
  const mark = readMark(cursor);
  const form = sort === 'mrr' ? CURSOR_VALUE.mrr : CURSOR_VALUE.instant;
  if (!mark || !form.test(mark.value)) throw invalidCursor();
  const { value, id } = mark;
  return { value: sort === 'mrr' ? sql`${value}::bigint` : sql`${value}::timestamptz`, id };
}
