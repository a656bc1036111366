import type { Actor } from '@/lib/billing/audit';
import { database } from '@/lib/database';
import { env } from '@/lib/env';
import { requireStore } from '@/lib/session';
import { businessNow } from '@/lib/time';

/** Who does something in billing, for which account and when: checked anew in every action. */
export async function billingContext(storeCode: string, access: 'read' | 'write') {
  const { viewer, store, merchantId, platformId, canWrite } = await requireStore(storeCode, access);
  const db = database();
  const actor: Actor = { kind: 'user', id: viewer.userId };
  return {
    db,
    viewer,
    store,
    canWrite,
    account: { merchantId, platformId },
    actor,
    now: await businessNow(db),
  };
}

/** Where Stripe sends the person back to. */
export function billingUrl(storeCode: string, path = ''): string {
  return `${env().APP_URL}/store/${encodeURIComponent(storeCode)}/billing${path}`;
}

/** The return addresses of a checkout, as Stripe wants them. */
export function checkoutUrls(storeCode: string) {
  return {
    success: billingUrl(storeCode, '/checkout/success?session_id={CHECKOUT_SESSION_ID}'),
    cancel: billingUrl(storeCode, '/checkout/cancelled'),
  };
}
