import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingAccounts, platforms, stores } from '@/db/schema';

/** The platforms a merchant is on: where it has a store or ever had a subscription. One statement. */
export async function listPlatformsOf(db: Db, merchantId: string) {
  return db
    .select()
    .from(platforms)
    .where(
      sql`${platforms.id} in (
        select platform_id from ${stores} where merchant_id = ${merchantId}
        union select platform_id from ${billingAccounts} where merchant_id = ${merchantId})`,
    )
    .orderBy(asc(platforms.code));
}

/** A merchant's stores on all platforms, oldest first. */
export async function listStoresOf(db: Db, merchantId: string, limit: number) {
  return db
    .select({ id: stores.id, code: stores.code, name: stores.name, platformId: stores.platformId })
    .from(stores)
    .where(eq(stores.merchantId, merchantId))
    .orderBy(asc(stores.createdAt), asc(stores.code))
    .limit(limit);
}

/** The one store of these merchants; null when they have none or several. */
export async function findOnlyStore(db: Db, merchantIds: string[]) {
  if (merchantIds.length === 0) return null;
  const [only, another] = await db
    .select()
    .from(stores)
    .where(inArray(stores.merchantId, merchantIds))
    .limit(2);
  return only && !another ? only : null;
}
