import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { type EntitlementFacts, resolveGrant } from '@/lib/billing/entitlements/grant';
import { type Feature, isMetered } from '@/lib/billing/features';

export type OverLimit = {
  featureCode: string;
  current: number;
  newLimit: number;
  overBy: number;
  stores: { store: string; current: number }[];
};

/** Every metered feature of which more is used than the facts allow; stores by id. Pure. */
export function findOver(facts: EntitlementFacts, features: readonly Feature[], now: Date): OverLimit[] {
  return features.flatMap((feature) => {
    const used = facts.used[feature.code];
    if (!isMetered(feature) || !used) return [];
    const { limit } = resolveGrant(facts, feature, now).grant;
    if (limit === null || used.total <= limit) return [];
    const stores = Object.entries(used.byStore)
      .filter(([, current]) => current > 0)
      .map(([store, current]) => ({ store, current }));
    return [
      {
        featureCode: feature.code,
        current: used.total,
        newLimit: limit,
        overBy: used.total - limit,
        stores,
      },
    ];
  });
}

export const storeIdsOf = (over: OverLimit[]) => over.flatMap((one) => one.stores.map((each) => each.store));

export const withStoreCodes = (over: OverLimit[], codes: Map<string, string>): OverLimit[] =>
  over.map((one) => ({
    ...one,
    stores: one.stores.map((each) => ({ ...each, store: codes.get(each.store) ?? each.store })),
  }));

/** Store codes by id. */
export async function findStoreCodes(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.execute<{ id: string; code: string }>(
    sql`select id, code from stores where id = any(${sql.param([...new Set(ids)])}::text[])`,
  );
  return new Map(rows.map((row) => [row.id, row.code]));
}
