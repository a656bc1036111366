import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { memberships, merchants, platforms, stores, subscriptions, tiers, users } from '@/db/schema';
import type { SubscriptionStatus } from '@/lib/billing/entitlements/standing';
import { matchingMerchants } from '@/lib/merchant-search';
import { type Cursor, olderThan } from '@/lib/page';

export type MerchantListRow = {
  id: string;
  name: string;
  email: string;
  country: string | null;
  createdAt: Date;
  closedAt: Date | null;
  storeCodes: string[];
  subscriptions: { platform: string; tier: string; status: SubscriptionStatus; ending: boolean }[];
};

/** The merchants, newest first, by cursor; `search` is what `matchingMerchants` knows. One statement. */
export async function listMerchants(
  db: Db,
  filter: { search?: string; before?: Cursor; limit: number },
): Promise<MerchantListRow[]> {
  const where: SQL[] = [sql`true`];
  const search = filter.search?.trim();
  if (search) where.push(sql`m.id in (${matchingMerchants(search)})`);
  const older = olderThan(sql`m.created_at`, sql`m.id`, filter.before);
  if (older) where.push(older);
  const statement = sql`
    with page as (
      select m.* from ${merchants} m where ${sql.join(where, sql` and `)}
      order by m.created_at desc, m.id desc limit ${filter.limit}
    )
    select page.id, page.name, page.email, page.country, page.created_at, page.closed_at,
      array(select code from ${stores} where merchant_id = page.id order by code) as store_codes,
      coalesce((select json_agg(json_build_object('platform', p.code, 'tier', t.name, 'status', s.status,
          'ending', s.cancel_at is not null and s.status = 'active') order by p.code)
        from ${subscriptions} s join ${platforms} p on p.id = s.platform_id join ${tiers} t on t.id = s.tier_id
        where s.merchant_id = page.id and s.is_current), '[]') as subscriptions
    from page order by page.created_at desc, page.id desc`;
  return readRows<MerchantListRow>(db, statement, { dates: ['createdAt', 'closedAt'] });
}

export type MerchantUserRow = {
  userId: string;
  name: string;
  email: string;
  role: 'owner' | 'member';
  merchantId: string;
  merchantName: string;
  merchantCount: number;
  createdAt: Date;
  disabled: boolean;
};

/**
 * The people of merchants, each once: an owner of any merchant is an owner, all others are team members, so the two
 * counts add up to the people there are. Newest first, by cursor.
 */
export async function listMerchantUsers(
  db: Db,
  filter: {
    role?: 'owner' | 'member';
    merchantId?: string;
    search?: string;
    before?: Cursor;
    limit: number;
  },
): Promise<MerchantUserRow[]> {
  const where: SQL[] = [sql`true`];
  const search = filter.search?.trim().toLowerCase();
  if (search) {
    const like = `%${search.replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
    where.push(sql`lower(u.name || ' ' || u.email) like ${like}`);
  }
  if (filter.merchantId) {
    where.push(sql`u.id in (select user_id from ${memberships} where merchant_id = ${filter.merchantId})`);
  }
  const isOwner = sql`exists (select 1 from ${memberships} o where o.user_id = u.id and o.role = 'owner')`;
  if (filter.role === 'owner') where.push(isOwner);
  if (filter.role === 'member') where.push(sql`not ${isOwner}`);
  const older = olderThan(sql`u.created_at`, sql`u.id`, filter.before);
  if (older) where.push(older);
  const statement = sql`
    select u.id as user_id, u.name, u.email, u.created_at, u.disabled_at is not null as disabled,
      case when ${isOwner} then 'owner' else 'member' end as role, first.merchant_id, first.merchant_name, first.merchant_count
    from ${users} u
    join lateral (
      select (array_agg(b.merchant_id order by (b.role = 'owner') desc, b.created_at, b.merchant_id))[1] as merchant_id,
        (array_agg(m.name order by (b.role = 'owner') desc, b.created_at, b.merchant_id))[1] as merchant_name,
        count(*)::int as merchant_count
      from ${memberships} b join ${merchants} m on m.id = b.merchant_id where b.user_id = u.id
    ) first on first.merchant_count > 0
    where ${sql.join(where, sql` and `)}
    order by u.created_at desc, u.id desc limit ${filter.limit}`;
  return readRows<MerchantUserRow>(db, statement, { dates: ['createdAt'] });
}

/** owners + teamMembers = total: everybody is counted once, as an owner if they own any merchant. */
export async function getMerchantUserStats(
  db: Db,
  merchantId?: string,
): Promise<{ total: number; owners: number; teamMembers: number }> {
  const of = merchantId
    ? sql`where user_id in (select user_id from ${memberships} where merchant_id = ${merchantId})`
    : sql``;
  const [row] = await db.execute<{ total: number; owners: number }>(sql`
    select count(*)::int as total, count(*) filter (where owner)::int as owners
    from (select user_id, bool_or(role = 'owner') as owner from ${memberships} ${of} group by user_id) people`);
  const { total = 0, owners = 0 } = row ?? {};
  return { total, owners, teamMembers: total - owners };
}
