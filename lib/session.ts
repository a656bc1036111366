import { asc, eq, inArray } from 'drizzle-orm';
import type { Route } from 'next';
import { cookies, headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { decode } from 'next-auth/jwt';
import { cache } from 'react';
import { stores } from '@/db/schema';
import { findPerson, type Person } from './auth-people';
import { database } from './database';
import { env } from './env';
import { Forbidden } from './errors';

/** The person who asks, as the database says now: not as it was when they signed in. */
export type Viewer = Person;

const cookieNames = ['__Secure-authjs.session-token', 'authjs.session-token'];

/** Who is asking, or null. Reads the person anew for each request, so a revocation holds at once; once per request. */
export const getViewer = cache(async (): Promise<Viewer | null> => {
  const jar = await cookies();
  for (const name of cookieNames) {
    const token = jar.get(name)?.value;
    const session = token ? await readToken(name, token) : null;
    if (session) return findPerson(database(), session.userId, session.version);
  }
  return null;
});

/** Tokens that were verified, newest last: deciphering costs more than the query, and a token never changes. */
const verified = new Map<string, { userId: string; version: number; expiresAt: number }>();
const VERIFIED_MAX = 2000;

async function readToken(salt: string, token: string) {
  const known = verified.get(token) ?? (await verify(salt, token));
  return known && known.expiresAt > Date.now() ? known : null;
}

async function verify(salt: string, token: string) {
  try {
    const claims = await decode({ token, salt, secret: env().AUTH_SECRET });
    if (!claims?.sub || !claims.exp) return null;
    const session = { userId: claims.sub, version: Number(claims.version), expiresAt: claims.exp * 1000 };
    const oldest = verified.keys().next().value;
    if (verified.size >= VERIFIED_MAX && oldest !== undefined) verified.delete(oldest);
    verified.set(token, session);
    return session;
  } catch {
    return null; // forged, cut off, or signed with a former secret
  }
}

/** The person who asks; a visitor is sent to sign in and comes back to this page. */
export async function requireViewer(): Promise<Viewer> {
  const viewer = await getViewer();
  if (viewer) return viewer;
  const path = (await headers()).get('x-tierline-path') ?? '/';
  redirect(`/sign-in?callbackUrl=${encodeURIComponent(path)}` as Route);
}

/** Admins and support, who may see everything; for others the page does not exist. */
export async function requireStaff(): Promise<Viewer> {
  const viewer = await requireViewer();
  if (viewer.role !== 'admin' && viewer.role !== 'support') notFound();
  return viewer;
}

/** Admins, for changes. Support gets 403, others 404. */
export async function requireAdmin(): Promise<Viewer> {
  const viewer = await requireStaff();
  if (viewer.role !== 'admin') throw new Forbidden();
  return viewer;
}

const findStore = cache(async (code: string) => {
  const [store] = await database().select().from(stores).where(eq(stores.code, code));
  return store ?? null;
});

/**
 * The store of a page and what the viewer may do there. Another merchant's store does not exist (404). For `write` throws
 * `Forbidden` unless the viewer is an owner of the merchant or an admin.
 */
export async function requireStore(storeCode: string, access: 'read' | 'write' = 'read') {
  const [viewer, store] = await Promise.all([requireViewer(), findStore(storeCode)]);
  const role = store && roleIn(viewer, store.merchantId);
  if (!store || !role) notFound();
  const canWrite = role === 'owner' || role === 'admin';
  if (access === 'write' && !canWrite) throw new Forbidden();
  return { viewer, store, merchantId: store.merchantId, platformId: store.platformId, canWrite };
}

/** What the viewer is to one merchant; null = nothing. */
export function roleIn(viewer: Viewer, merchantId: string) {
  if (viewer.role === 'admin' || viewer.role === 'support') return viewer.role;
  return viewer.merchants.find((m) => m.merchantId === merchantId)?.role ?? null;
}

/** The stores a person may switch between, oldest first. Staff have none of their own. */
export const listOwnStores = cache(async (viewer: Viewer) => {
  const merchantIds = viewer.merchants.map((m) => m.merchantId);
  if (merchantIds.length === 0) return [];
  return database()
    .select({ id: stores.id, code: stores.code, name: stores.name, merchantId: stores.merchantId })
    .from(stores)
    .where(inArray(stores.merchantId, merchantIds))
    .orderBy(asc(stores.createdAt), asc(stores.code));
});
