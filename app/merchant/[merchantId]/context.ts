import { notFound } from 'next/navigation';
import { cache } from 'react';
import { database } from '@/lib/database';
import { requireViewer, roleIn } from '@/lib/session';
import { listPlatformsOf, listStoresOf } from '@/lib/tenancy/merchant-platforms';
import { findMerchant } from '@/lib/tenancy/merchants';
import { businessNow } from '@/lib/time';

/** The merchant of a page, its platforms and stores; for everybody else it does not exist (404). */
export const merchantContext = cache(async (merchantId: string) => {
  const viewer = await requireViewer();
  if (!roleIn(viewer, merchantId)) notFound();
  const db = database();
  const [merchant, platforms, stores, now] = await Promise.all([
    findMerchant(db, merchantId),
    listPlatformsOf(db, merchantId),
    listStoresOf(db, merchantId, 200),
    businessNow(db),
  ]);
  if (!merchant) notFound();
  return { db, viewer, merchant, platforms, stores, now };
});
