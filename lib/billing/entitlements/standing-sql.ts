import { type SQL, sql } from 'drizzle-orm';

/** An instant as a parameter: drizzle leaves dates to the caller in hand-written SQL. */
export const at = (now: Date): SQL => sql`${now.toISOString()}::timestamptz`;

/**
 * Whether the subscription `s` gives its own tier: the SQL twin of `resolveStanding` (a property test holds the two
 * together). A local trial or comp is over at its end, also before the job that says so.
 */
export const givesTier = (now: SQL): SQL => sql`(
  (s.status = 'active' and (s.stripe_subscription_id is not null or s.cancel_at is null or s.cancel_at > ${now}))
  or (s.status = 'trialing' and (s.stripe_subscription_id is not null or s.trial_end is null or s.trial_end > ${now}))
  or (s.status = 'past_due' and s.grace_until > ${now}))`;

/**
 * The start of the running billing month of the account `b` (left-joined): the SQL twin of `currentMonth` in accounts.ts.
 * Without an account it is the calendar month, in UTC.
 */
export const monthStart = (now: SQL): SQL => sql`case
  when b.month_end > ${now} then b.month_start
  when b.anchor_at is null then date_trunc('month', ${now} at time zone 'UTC') at time zone 'UTC'
  else (select ((anchor + make_interval(months => months - (anchor + make_interval(months => months) > wanted)::int))
                at time zone 'UTC')
        from (select anchor, wanted, ((extract(year from wanted) - extract(year from anchor)) * 12
                + extract(month from wanted) - extract(month from anchor))::int as months
              from (select b.anchor_at at time zone 'UTC' as anchor, ${now} at time zone 'UTC' as wanted) as t) as t)
  end`;

/** Whether the add-on `a` counts: it is paid, in trial, or being dunned. */
export const addOnCounts: SQL = sql`(a.ended_at is null and a.status in ('active', 'trialing', 'past_due'))`;
