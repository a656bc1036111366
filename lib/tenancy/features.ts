import { sql } from 'drizzle-orm';
import { countUse, flag, type LiveCount, limit, onlyReported } from '@/lib/billing/features';

/** Members and pending invitations; the owner is not counted. A member belongs to the platform of its store. */
const countTeam: LiveCount = async (db, accounts) => {
  const merchantIds = sql.param(accounts.map((a) => a.merchantId));
  const platformIds = sql.param(accounts.map((a) => a.platformId));
  return countUse(
    db,
    sql`
      with a as (select * from unnest(${merchantIds}::text[], ${platformIds}::text[]) as a (merchant_id, platform_id))
      select merchant_id, platform_id, store_id, count(*)::int as units
      from (
        select a.merchant_id, a.platform_id, m.store_id
        from a
        join memberships m on m.merchant_id = a.merchant_id and m.role = 'member'
        join stores s on s.id = m.store_id and s.platform_id = a.platform_id
        union all
        select a.merchant_id, a.platform_id, i.store_id
        from a
        join invitations i on i.merchant_id = a.merchant_id and i.platform_id = a.platform_id and i.closed_at is null
      ) as seats
      group by merchant_id, platform_id, store_id`,
  );
};

/** How many people may work for a merchant beside its owners. */
export const teamLimit = limit('max_team_members', {
  name: 'Team members',
  category: 'team',
  unit: 'member',
  count: countTeam,
});

/** Mailboxes live at the mail provider, which reports them over the API. */
export const emailAccounts = limit('email_accounts', {
  name: 'E-mail accounts',
  category: 'email',
  unit: 'account',
  count: onlyReported,
});

export const basicSupport = flag('basic_support', { name: 'E-mail support', category: 'support' });
export const prioritySupport = flag('priority_support', { name: 'Priority support', category: 'support' });

/** Merchant-scoped API keys. */
export const apiAccess = flag('api_access', { name: 'API access', category: 'platform' });
export const whiteLabel = flag('white_label', { name: 'White label', category: 'platform' });
export const customIntegrations = flag('custom_integrations', {
  name: 'Custom integrations',
  category: 'platform',
});

export const tenancyFeatures = [
  teamLimit,
  emailAccounts,
  basicSupport,
  prioritySupport,
  apiAccess,
  whiteLabel,
  customIntegrations,
];
