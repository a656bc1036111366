import { cache } from 'react';
import type { Actor } from '@/lib/billing/audit';
import { database } from '@/lib/database';
import { getTranslations } from '@/lib/i18n/translations';
import { requireAdmin, requireStaff } from '@/lib/session';
import { businessNow } from '@/lib/time';
import { actionsFor } from '../form-answer';

/** Who looks at the console, once per request. `locked` says why a control is disabled; undefined for admins. */
export const staffContext = cache(async () => {
  const viewer = await requireStaff();
  const db = database();
  const locked = viewer.role === 'admin' ? undefined : (await getTranslations('console'))('readOnly');
  return { db, viewer, locked, now: await businessNow(db) };
});

/** A server action of the console: for admins. Support is refused, for others there is no such thing. */
export const staffAction = actionsFor(async () => {
  const viewer = await requireAdmin();
  const db = database();
  const actor: Actor = { kind: 'user', id: viewer.userId };
  return { db, viewer, actor, now: await businessNow(db) };
});

/** What a list of the console begins with: who looks, the address's filters, its words and those of all filters. */
export const listContext = <N extends Parameters<typeof getTranslations>[0], Q>(
  query: Promise<Q>,
  words: N,
) => Promise.all([staffContext(), query, getTranslations(words), getTranslations('console.filter')]);

/** One value of a page's query, or undefined. */
export function one(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first?.replaceAll('\0', '').trim() || undefined;
}

/** One of a list of known values, or undefined: a senseless filter is none. */
export function among<T extends string>(
  known: readonly T[],
  value: string | string[] | undefined,
): T | undefined {
  return known.find((one_) => one_ === one(value));
}
