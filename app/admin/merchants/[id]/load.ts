import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import { notFound } from 'next/navigation';
import { stripeDifferences, users } from '@/db/schema';
import { listAudit } from '@/lib/billing/audit-trail';
import { loadEntitlementFacts } from '@/lib/billing/entitlement-facts';
import { listEvents } from '@/lib/billing/inbox';
import { listEndedOverrides, listOverrides } from '@/lib/billing/overrides';
import { getBillingOverview } from '@/lib/billing/overview';
import { listTiers } from '@/lib/billing/tiers';
import { listPlatformsOf, listStoresOf } from '@/lib/tenancy/merchant-platforms';
import { findMerchant } from '@/lib/tenancy/merchants';
import { listTeam } from '@/lib/tenancy/team';
import { staffContext } from '../../context';
import { choosePlatform } from '../../platform';

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

/** Everything the page of a merchant shows, from our rows: a fixed number of statements, no call to Stripe. */
export async function loadMerchant(id: string, platformCode: string | undefined) {
  const [{ db, now }, { merchant, platforms, platform }] = await Promise.all([
    staffContext(),
    loadAccount(id, platformCode),
  ]);
  const account = { merchantId: merchant.id, platformId: platform.id };
  const [overview, tiers, facts, stores, team, standing, ended, events, audit, differences] =
    await Promise.all([
      getBillingOverview(db, account, now, { invoices: 10, ledger: 10 }),
      listTiers(db, platform.id),
      loadEntitlementFacts(db, account, now),
      listStoresOf(db, merchant.id, 50),
      listTeam(db, account),
      listOverrides(db, account),
      listEndedOverrides(db, account, 20),
      listEvents(db, { merchantId: merchant.id, limit: 8 }),
      listAudit(db, { merchantId: merchant.id, limit: 20 }),
      db
        .select()
        .from(stripeDifferences)
        .where(and(eq(stripeDifferences.merchantId, merchant.id), isNull(stripeDifferences.resolvedAt)))
        .orderBy(desc(stripeDifferences.foundAt))
        .limit(20),
    ]);
  const authors = [
    ...new Set([...standing, ...ended.rows].flatMap((row) => [row.author, row.endedBy ?? []].flat())),
  ];
  const names = await db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(inArray(users.id, authors.length > 0 ? authors : ['']));
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
    overrides: {
      standing,
      ended,
      nameOf: new Map(names.map((one) => [one.id, one.name])),
    },
    events,
    audit,
    differences,
    now,
  };
}
