import { and, asc, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { stores } from '@/db/schema';

/** The stores of a merchant on one platform, oldest first. */
export async function listStores(db: Db, account: { merchantId: string; platformId: string }) {
  return db
    .select({ id: stores.id, code: stores.code, name: stores.name })
    .from(stores)
    .where(and(eq(stores.merchantId, account.merchantId), eq(stores.platformId, account.platformId)))
    .orderBy(asc(stores.createdAt), asc(stores.code));
}
