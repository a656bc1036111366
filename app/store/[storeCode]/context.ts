import { cache } from 'react';
import type { Actor } from '@/lib/billing/audit';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import { database } from '@/lib/database';
import { requireStore } from '@/lib/session';
import { businessNow } from '@/lib/time';
import { actionsFor, type UnlockHref } from '../../form-answer';

/** Who does something in a store, for which account and when. Read once per request, checked anew in every action. */
export const storeContext = cache(async (storeCode: string, access: 'read' | 'write') => {
  const { viewer, store, merchantId, platformId, canWrite } = await requireStore(storeCode, access);
  const db = database();
  const actor: Actor = { kind: 'user', id: viewer.userId };
  const account = { merchantId, platformId };
  const now = await businessNow(db);
  return { db, viewer, store, canWrite, account, place: { ...account, storeId: store.id }, actor, now };
});

/** What decides the store's limits; the menu and the page share it. */
export const storeFacts = cache(async (storeCode: string) => {
  const { db, account, now } = await storeContext(storeCode, 'read');
  return loadEntitlementFacts(db, account, now);
});

/** Where the choices of an unlock panel lead. */
export function unlockHref(storeCode: string): UnlockHref {
  const anchors: Record<string, string> = { tier: '#plans', add_on: '#add-ons' };
  return ({ kind }) => {
    const anchor = anchors[kind];
    return anchor ? `/store/${storeCode}/billing${anchor}` : undefined;
  };
}

/** Which store a form is about; whether the person may touch it is `storeContext`'s to say. */
export const storeOf = (form: FormData): string => String(form.get('store') ?? '');

/** A server action of a store, which the form names: for its owners and for admins. */
export const storeAction = actionsFor((form) => storeContext(storeOf(form), 'write'), {
  unlockHref: (form) => unlockHref(storeOf(form)),
});
