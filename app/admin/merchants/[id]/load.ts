import { notFound } from 'next/navigation';
import type { Db } from '@/db/client';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { listEndedOverrides, listOverrides, loadEndReasons } from '@/lib/billing/entitlements/override-lists';
import { listEvents } from '@/lib/billing/inbox/console';
import { listDifferences } from '@/lib/billing/inbox/differences';
import { listTiers } from '@/lib/billing/plans/tiers';
import { type AuditRow, listAudit, loadNames } from '@/lib/billing/reports/audit-trail';
import { type BillingOverview, getBillingOverview } from '@/lib/billing/reports/overview';
import { listProofQuarters } from '@/lib/billing/reports/vat-proof';
import { getTranslations } from '@/lib/i18n/translations';
import { listPlatformsOf, listStoresOf } from '@/lib/tenancy/merchant-platforms';
import { findMerchant } from '@/lib/tenancy/merchants';
import { listTeam } from '@/lib/tenancy/team';
import { one, staffContext } from '../../context';
import { choosePlatform } from '../../platform';

/** How many invoices and credit movements the page shows; the rest has pages of its own. */
export const SHOWN = 10;

export type MerchantPage = Awaited<ReturnType<typeof loadMerchant>>;

/** Who is looked at and on which platform; the first of the merchant's when none is named. */
export async function loadAccount(id: string, platformCode: string | undefined) {
  const { db } = await staffContext();
  const [merchant, platforms] = await Promise.all([findMerchant(db, id), listPlatformsOf(db, id)]);
  if (!merchant) notFound();
  const find = (code?: string) => platforms.find((one) => one.code === code);
  const platform = find(platformCode) ?? find('market') ?? platforms[0];
  return { merchant, platforms, platform: platform ?? (await choosePlatform(undefined)).chosen };
}

/** What a page about one account of a merchant's begins with: who is looked at, the address, the words. */
export async function historyContext(
  page: PageProps<'/admin/merchants/[id]/credits'> | PageProps<'/admin/merchants/[id]/invoices'>,
) {
  const [{ db }, { id }, query, t] = await Promise.all([
    staffContext(),
    page.params,
    page.searchParams,
    getTranslations('merchant.page'),
  ]);
  const { merchant, platform } = await loadAccount(id, one(query.platform));
  return { db, query, t, merchant, platform, account: { merchantId: merchant.id, platformId: platform.id } };
}

/** Everything the page of a merchant shows, from our rows: a fixed number of statements, no call to Stripe. */
export async function loadMerchant(id: string, platformCode: string | undefined) {
  const [{ db, now }, { merchant, platforms, platform }] = await Promise.all([
    staffContext(),
    loadAccount(id, platformCode),
  ]);
  const account = { merchantId: merchant.id, platformId: platform.id };
  const [overview, tiers, facts, stores, team, standing, ended, events, audit, differences, proofQuarters] =
    await Promise.all([
      getBillingOverview(db, account, now, { invoices: SHOWN + 1, ledger: SHOWN + 1 }),
      listTiers(db, platform.id),
      loadEntitlementFacts(db, account, now),
      listStoresOf(db, merchant.id, 50),
      listTeam(db, account),
      listOverrides(db, account),
      listEndedOverrides(db, account, 20),
      listEvents(db, { merchantId: merchant.id, limit: 15 }),
      listAudit(db, { merchantId: merchant.id, limit: 20 }),
      listDifferences(db, merchant.id, 20),
      listProofQuarters(db, merchant.id),
    ]);
  const endReasons = await loadEndReasons(
    db,
    ended.rows.map((row) => row.id),
  );
  const nameOf = await loadNames(db, [
    ...[...standing, ...ended.rows].flatMap((row) => [row.author, row.endedBy]),
    ...overview.credits.ledger.map((line) => userIn(line.actor)),
  ]);
  const gift = await findGift(db, overview);
  return {
    merchant,
    platforms,
    platform,
    account,
    overview,
    tiers,
    facts,
    stores,
    team,
    overrides: { standing, ended, endReasons },
    nameOf,
    events,
    audit,
    differences,
    proofQuarters,
    gift,
    now,
  };
}

/** Who gave the plan that nothing is charged for, when and why; null where it is paid or still tried. */
async function findGift(db: Db, { subscription, isLocal }: BillingOverview): Promise<AuditRow | null> {
  if (!subscription || !isLocal || subscription.status !== 'active') return null;
  const trail = await listAudit(db, { entity: 'subscription', entityId: subscription.id, limit: 20 });
  return (
    trail.find((row) => row.action === 'subscription.comped' || row.action === 'subscription.set') ?? null
  );
}

/** The person of an actor as the ledger writes it (`user:usr_…`); null = no person. */
export const userIn = (actor: string): string | null =>
  actor.startsWith('user:') ? actor.slice('user:'.length) : null;
