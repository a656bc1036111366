import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOns, creditLedger, creditPackages, storeAddOns, subscriptions, tiers } from '@/db/schema';
import type { ExtraKind } from './extras';

/*
 * What a list of the catalogue need not offer to delete. The delete itself looks again, under a lock and at open checkouts too.
 */

/** Which of a platform's tiers somebody has, had or changes to, by id. Every part by an index. */
export const listUsedTiers = (db: Db, platformId: string): Promise<Set<string>> =>
  ids(
    db.execute(sql`
      select t.id from ${tiers} t where t.platform_id = ${platformId} and (
        exists (select 1 from ${subscriptions} s where s.tier_id = t.id and s.is_current)
        or exists (select 1 from ${subscriptions} s where s.tier_id = t.id and not s.is_current)
        or exists (select 1 from ${subscriptions} s where s.pending_tier_id = t.id and s.pending_tier_id is not null))`),
  );

/** Which of a platform's add-ons or credit packages were ever bought, by id; or whether one was. */
export const listBoughtExtras = (
  db: Db,
  kind: ExtraKind,
  platformId: string,
  id?: string,
): Promise<Set<string>> => {
  const which = sql`x.platform_id = ${platformId} ${id === undefined ? sql`` : sql`and x.id = ${id}`}`;
  return ids(
    db.execute(
      kind === 'add_on'
        ? sql`select x.id from ${addOns} x where ${which}
            and exists (select 1 from ${storeAddOns} s where s.add_on_id = x.id)`
        : sql`select x.id from ${creditPackages} x where ${which}
            and exists (select 1 from ${creditLedger} l
              where l.platform_id = x.platform_id and l.reason = x.code and l.kind = 'purchase')`,
    ),
  );
};

async function ids(rows: PromiseLike<Iterable<Record<string, unknown>>>): Promise<Set<string>> {
  return new Set([...(await rows)].map((row) => String(row.id)));
}
