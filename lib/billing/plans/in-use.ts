import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { addOns, creditLedger, creditPackages, storeAddOns, subscriptions, tiers } from '@/db/schema';

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

/** Which of a platform's add-ons some store ever bought, by id. */
export const listBoughtAddOns = (db: Db, platformId: string): Promise<Set<string>> =>
  ids(
    db.execute(sql`
      select a.id from ${addOns} a where a.platform_id = ${platformId}
        and exists (select 1 from ${storeAddOns} s where s.add_on_id = a.id)`),
  );

/** Which of a platform's credit packages were ever bought, by id. */
export const listBoughtPackages = (db: Db, platformId: string): Promise<Set<string>> =>
  ids(
    db.execute(sql`
      select p.id from ${creditPackages} p where p.platform_id = ${platformId}
        and exists (select 1 from ${creditLedger} l
          where l.platform_id = p.platform_id and l.reason = p.code and l.kind = 'purchase')`),
  );

async function ids(rows: PromiseLike<Iterable<Record<string, unknown>>>): Promise<Set<string>> {
  return new Set([...(await rows)].map((row) => String(row.id)));
}
