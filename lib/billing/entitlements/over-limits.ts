import { type SQL, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { type Feature, isMetered } from '@/lib/billing/features';
import { at, givesTier, monthStart } from './standing-sql';

const BATCH = 1000;

/**
 * The metered features of which the account of the subscription `s` uses more than it is granted, as a sorted text[];
 * null when there are none. Who has no plan, nor a fallback, is not over a limit: the status says what is the matter, and a
 * list of those to talk to is not filled with those who left. The SQL twin of `findOver` in what-if.ts for everybody else
 * (a property test holds the two together).
 */
export const featuresOver = (features: readonly Feature[], now: SQL): SQL => {
  const metered = features.filter(isMetered);
  if (metered.length === 0) return sql`null::text[]`;
  const rows = metered.map((one) => sql`(${one.code}::text, ${one.kind === 'flow'}::boolean)`);
  return sql`(
    select array_agg(c.feature_code order by c.feature_code)
    from (values ${sql.join(rows, sql`, `)}) as f (code, is_flow)
    cross join (
      select ${monthStart(now)} as month_start
      from (select) as one left join billing_accounts b
        on b.merchant_id = s.merchant_id and b.platform_id = s.platform_id offset 0) as m
    join usage_counters c on c.merchant_id = s.merchant_id and c.platform_id = s.platform_id
      and c.feature_code = f.code and c.period_start = case when f.is_flow then m.month_start else 'epoch' end
    join platforms p on p.id = s.platform_id
    left join tiers d on d.platform_id = p.id and d.code = p.fallback_tier_code
    cross join lateral granted(s.merchant_id, s.platform_id, c.feature_code,
      case when ${givesTier(now)} then s.tier_id else d.id end, ${now})
    where (${givesTier(now)} or d.id is not null) and c.used > granted.units)`;
};

/** Notes that an account may use more than it is granted, for a writer of usage that does not ask the limit. */
export async function noteMayBeOver(tx: Tx, { merchantId, platformId }: Account): Promise<void> {
  await tx.execute(sql`update subscriptions set may_be_over = true
    where merchant_id = ${merchantId} and platform_id = ${platformId} and is_current and not may_be_over`);
}

/**
 * Takes the note "may be over" from subscriptions that are not, and puts it on those that only time could have made so:
 * an exception begun or expired, a trial, grace or comp that ended. A thousand rows at a time; safe to run twice and on
 * several nodes: a row that was noted meanwhile is another version and keeps the note. What else can put a merchant over notes it at once (triggers of the migration `over_limits`).
 */
export async function sweepOverLimits(
  db: Db,
  features: readonly Feature[],
  now: Date,
): Promise<{ over: number; cleared: number }> {
  const moment = at(now);
  const over = featuresOver(features, moment);
  await db.execute(sql`
    update subscriptions s set may_be_over = true
    where s.is_current and not s.may_be_over and s.id in (
      select id from subscriptions
        where stripe_subscription_id is null and status = 'trialing' and trial_end <= ${moment}
      union all select id from subscriptions
        where stripe_subscription_id is null and status = 'active' and cancel_at <= ${moment}
      union all select id from subscriptions where is_current and status = 'past_due' and grace_until <= ${moment}
      union all select c.id from overrides o join subscriptions c
        on c.merchant_id = o.merchant_id and c.platform_id = o.platform_id and c.is_current
        where o.ended_at is null and (o.starts_at <= ${moment} or o.expires_at <= ${moment}))
      and ${over} is not null`);
  const result = { over: 0, cleared: 0 };
  for (let after = ''; ; ) {
    const [batch] = await db.execute<{ last: string | null; over: number; cleared: number }>(sql`
      with batch as (
        select s.id, s.xmin as version, ${over} is null as is_fine from subscriptions s
        where s.is_current and s.may_be_over and s.id > ${after} order by s.id limit ${sql.raw(String(BATCH))}
      ), cleared as (
        update subscriptions s set may_be_over = false from batch
        where s.id = batch.id and batch.is_fine and s.xmin = batch.version returning s.id
      )
      select max(id) as last, count(*) filter (where not is_fine)::int as over,
        (select count(*) from cleared)::int as cleared from batch`);
    if (!batch?.last) return result;
    after = batch.last;
    result.over += batch.over;
    result.cleared += batch.cleared;
  }
}
