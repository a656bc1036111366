import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { type Account, currentMonth } from '@/lib/billing/accounts';
import type { EntitlementFacts, OverrideFacts } from '@/lib/billing/entitlements/grant';
import type { TierFacts } from '@/lib/billing/entitlements/standing';
import { addOnCounts, at, monthStart } from '@/lib/billing/entitlements/standing-sql';
import { accountKey, type Period } from '@/lib/billing/features';
import { anchoredMonth } from '@/lib/time';

/** The same for many accounts, by `accountKey`. One statement; unknown ones are left out. */
export async function listEntitlementFacts(
  db: Db,
  accounts: Account[],
  now: Date,
): Promise<Map<string, EntitlementFacts>> {
  if (accounts.length === 0) return new Map();
  const statement = sql`
    select m.id as merchant_id,
      jsonb_build_object('id', p.id, 'code', p.code, 'currency', p.default_currency) as platform,
      case when s.id is not null then jsonb_build_object('id', s.id, 'status', s.status,
        'tier', jsonb_build_object('id', t.id, 'code', t.code, 'name', t.name),
        'isLocal', s.stripe_subscription_id is null, 'trialEnd', s.trial_end, 'cancelAt', s.cancel_at, 'pastDueSince', s.past_due_since,
        'graceUntil', s.grace_until, 'currency', s.currency) end as subscription,
      case when f.id is not null then jsonb_build_object('id', f.id, 'code', f.code, 'name', f.name) end as fallback,
      case when b.anchor_at is not null then
        jsonb_build_object('anchorAt', b.anchor_at, 'monthStart', b.month_start, 'monthEnd', b.month_end) end as kept,
      (select jsonb_agg(jsonb_build_array(l.tier_id, l.feature_code, l.enabled, l.limit_value))
        from tier_limits l where l.tier_id in (s.tier_id, f.id)) as limits,
      (select jsonb_agg(jsonb_build_object('id', o.id, 'featureCode', o.feature_code, 'hasLimit', o.has_limit,
          'limitValue', o.limit_value, 'enabled', o.enabled, 'reason', o.reason, 'author', o.author,
          'startsAt', o.starts_at, 'expiresAt', o.expires_at))
        from overrides o
        where o.merchant_id = m.id and o.platform_id = p.id and o.ended_at is null) as overrides,
      (select jsonb_agg(jsonb_build_object('code', x.code, 'name', x.name, 'storeId', a.store_id,
          'featureCode', af.feature_code, 'amount', af.amount * a.quantity) order by x.code, a.id)
        from store_add_ons a
        join add_ons x on x.id = a.add_on_id
        join add_on_features af on af.add_on_id = a.add_on_id
        where a.merchant_id = m.id and a.platform_id = p.id and ${addOnCounts}) as add_ons,
      (select jsonb_agg(jsonb_build_array(c.feature_code, c.used, c.by_store))
        from usage_counters c
        where c.merchant_id = m.id and c.platform_id = p.id
          and c.period_start in ('epoch'::timestamptz, ${monthStart(at(now))})) as used
    from unnest(${sql.param(accounts.map((one) => one.merchantId))}::text[],
                ${sql.param(accounts.map((one) => one.platformId))}::text[]) as wanted (merchant_id, platform_id)
    join merchants m on m.id = wanted.merchant_id
    join platforms p on p.id = wanted.platform_id or p.code = wanted.platform_id
    left join subscriptions s on s.merchant_id = m.id and s.platform_id = p.id and s.is_current
    left join tiers t on t.id = s.tier_id
    left join tiers f on f.platform_id = p.id and f.code = p.fallback_tier_code
    left join billing_accounts b on b.merchant_id = m.id and b.platform_id = p.id`;
  const rows = await readRows<FactsRow>(db, statement);
  return new Map(
    rows.map((row) => {
      const facts = toFacts(row, now);
      return [accountKey({ merchantId: facts.merchantId, platformId: facts.platform.id }), facts];
    }),
  );
}

type Text<T> = {
  [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | null ? string | null : T[K];
};

type FactsRow = {
  merchantId: string;
  platform: EntitlementFacts['platform'];
  subscription: Text<NonNullable<EntitlementFacts['subscription']>> | null;
  fallback: TierFacts | null;
  kept: { anchorAt: string; monthStart: string; monthEnd: string } | null;
  limits: [tierId: string, featureCode: string, enabled: boolean, limitValue: number | null][] | null;
  overrides: Text<OverrideFacts>[] | null;
  addOns: EntitlementFacts['addOns'] | null;
  used: [featureCode: string, used: number, byStore: Record<string, number>][] | null;
};

const date = (text: string | null) => (text === null ? null : new Date(text));

function toFacts(row: FactsRow, now: Date): EntitlementFacts {
  const { subscription, kept } = row;
  const limits: EntitlementFacts['limits'] = {};
  for (const [tierId, code, enabled, limitValue] of row.limits ?? []) {
    limits[tierId] ??= {};
    limits[tierId][code] = { enabled, limitValue };
  }
  return {
    merchantId: row.merchantId,
    platform: row.platform,
    subscription: subscription && {
      ...subscription,
      trialEnd: date(subscription.trialEnd),
      cancelAt: date(subscription.cancelAt),
      pastDueSince: date(subscription.pastDueSince),
      graceUntil: date(subscription.graceUntil),
    },
    fallback: row.fallback,
    limits,
    overrides: (row.overrides ?? []).map((one) => ({
      ...one,
      startsAt: date(one.startsAt),
      expiresAt: date(one.expiresAt),
    })),
    addOns: row.addOns ?? [],
    month: kept
      ? currentMonth(
          {
            anchorAt: new Date(kept.anchorAt),
            monthStart: new Date(kept.monthStart),
            monthEnd: new Date(kept.monthEnd),
          },
          now,
        )
      : calendarMonth(now),
    used: Object.fromEntries((row.used ?? []).map(([code, total, byStore]) => [code, { total, byStore }])),
  };
}

/** The month of an account that does not exist yet. */
export function calendarMonth(now: Date): Period {
  return anchoredMonth(new Date(Date.UTC(2000, 0, 1)), now);
}
