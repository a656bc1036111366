import { asc } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { stores } from '@/db/schema';
import { ofAccount } from '@/lib/billing/accounts';

/** The stores of a merchant on one platform, oldest first. */
export async function listStores(db: Db, account: { merchantId: string; platformId: string }) {
  return db
    .select({ id: stores.id, code: stores.code, name: stores.name })
    .from(stores)
    .where(ofAccount(stores, account))
    .orderBy(asc(stores.createdAt), asc(stores.code));
}
