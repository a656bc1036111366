import type { MiddlewareHandler } from 'hono';
import type { Db } from '@/db/client';
import { type Account, getPlatformOrDefault } from '@/lib/billing/accounts';
import { loadEntitlementFacts } from '@/lib/billing/entitlements/entitlement-facts';
import type { EntitlementFacts } from '@/lib/billing/entitlements/grant';
import { requireFeature } from '@/lib/billing/entitlements/room';
import { DomainError, Forbidden, NotFound, Unauthenticated } from '@/lib/errors';
import { limitRest } from '@/lib/rate-limit';
import { type ApiKeyRow, findByKey } from '@/lib/tenancy/api-keys';
import { apiAccess } from '@/lib/tenancy/features';
import { findOnlyStore } from '@/lib/tenancy/merchant-platforms';
import { findMerchant, findStore } from '@/lib/tenancy/merchants';
import type { Asked, Caller, CallerEnv, StoreEnv, StoreScope } from './environment';

type Access = 'read' | 'write';

/** 400: the caller has several stores and named none. */
class StoreRequired extends DomainError {
  constructor() {
    super('invalid', 'store_required', { field: 'store' });
  }
}

/** Admins and support, and keys of these roles without merchant scope: for what concerns the whole installation. */
export const asStaff: MiddlewareHandler<CallerEnv> = async (c, next) => {
  const caller = await requireCaller(c);
  if ((caller.role !== 'admin' && caller.role !== 'support') || caller.merchantId) throw new Forbidden();
  c.set('caller', caller);
  await next();
};

/** Admins, and admin keys without merchant scope: for changes. Support gets 403 too. */
export const asAdmin: MiddlewareHandler<CallerEnv> = async (c, next) => {
  const caller = await requireCaller(c);
  if (caller.role !== 'admin' || caller.merchantId) throw new Forbidden();
  c.set('caller', caller);
  await next();
};

/** The platform's own code: keys of role `admin` or `usage`, and admins. Then `machineFacts` says which account. */
export const asMachine: MiddlewareHandler<CallerEnv> = async (c, next) => {
  const caller = await requireCaller(c);
  if (caller.role !== 'admin' && caller.role !== 'usage') throw new Forbidden();
  c.set('caller', caller);
  await next();
};

/**
 * The store of the request: `?store=`, `X-Store-Code`, or the caller's only one. Reads: owner, member, support, admin;
 * writes: owner, admin. Another merchant's store does not exist (404).
 */
export const asStore = (access: Access): MiddlewareHandler<StoreEnv> => {
  return async (c, next) => {
    const caller = await requireCaller(c);
    if (caller.role === 'usage') throw new Forbidden();
    const store = await storeOf(c, caller);
    const role = roleAt(caller, store.merchantId);
    if (!role) throw new NotFound('store', c.req.query('store') ?? c.req.header('x-store-code'));
    if (access === 'write' && role !== 'owner' && role !== 'admin') throw new Forbidden();
    const account = { merchantId: store.merchantId, platformId: store.platformId };
    await requireApiAccess(c, caller, account);
    c.set('caller', caller);
    c.set('store', { ...account, storeId: store.id, storeCode: store.code, role });
    await next();
  };
};

/**
 * What decides a machine's request: the account's facts, by merchant id and platform id or code, in one statement. A
 * merchant-scoped key knows only its own merchant, whose plan must have API access.
 * @throws NotFound, FeatureNotInPlan
 */
export async function machineFacts(
  c: Asked & { var: { caller: Caller } },
  named: { merchant: string; platform: string },
  now: Date,
): Promise<{ account: Account; facts: EntitlementFacts }> {
  const { caller } = c.var;
  if (caller.merchantId && caller.merchantId !== named.merchant)
    throw new NotFound('merchant', named.merchant);
  const asked = { merchantId: named.merchant, platformId: named.platform };
  const facts = await loadEntitlementFacts(c.env.db, asked, now);
  const account = { merchantId: facts.merchantId, platformId: facts.platform.id };
  await requireApiAccess(c, caller, account);
  return { account, facts };
}

/** The account of a merchant on the platform that an admin endpoint is about. @throws NotFound */
export async function merchantAccount(
  db: Db,
  merchantId: string,
  platform: string | undefined,
): Promise<Account> {
  const [{ id: platformId }, merchant] = await Promise.all([
    getPlatformOrDefault(db, platform),
    findMerchant(db, merchantId),
  ]);
  if (!merchant) throw new NotFound('merchant', merchantId);
  return { merchantId, platformId };
}

async function requireApiAccess(c: Asked, caller: Caller, account: Account): Promise<void> {
  if (caller.merchantId) await requireFeature(c.env.db, account, apiAccess, await c.env.now());
}

async function requireCaller(c: Asked): Promise<Caller> {
  const authorization = c.req.header('authorization');
  if (authorization !== undefined) return callerByKey(c, authorization);
  const person = await c.env.findViewer();
  if (!person) throw new Unauthenticated();
  requireSameOrigin(c);
  await limitRest(c.env.db, `user:${person.userId}`);
  return { actor: { kind: 'user', id: person.userId }, role: person.role, person, merchantId: null };
}

async function callerByKey(c: Asked, authorization: string): Promise<Caller> {
  const [, secret] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  const key: ApiKeyRow | null = secret ? await findByKey(c.env.db, secret) : null;
  if (!key) throw new Unauthenticated();
  if (key.ratePerMinute !== null || key.merchantId !== null) {
    await limitRest(c.env.db, `key:${key.id}`, key.ratePerMinute ?? undefined);
  }
  return {
    actor: { kind: 'api_key', id: key.id },
    role: key.role,
    person: null,
    merchantId: key.merchantId,
  };
}

/**
 * A cookie goes along with requests that other sites make a browser send; every browser says where a write comes from. A
 * program that says neither is not a browser, and has the cookie from its owner.
 */
function requireSameOrigin(c: Asked): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  if (site !== undefined && site !== 'same-origin') throw new Forbidden({ reason: 'cross_origin' });
  if (origin === undefined) return;
  const hosts = [hostOf(c.env.appUrl), c.req.header('host') ?? hostOf(c.req.url)];
  if (!hosts.includes(hostOf(origin))) throw new Forbidden({ reason: 'cross_origin' });
}

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).host : null;
}

function roleAt(caller: Caller, merchantId: string): StoreScope['role'] | null {
  if (caller.merchantId && caller.merchantId !== merchantId) return null;
  if (caller.role === 'admin' || caller.role === 'support') return caller.role;
  return caller.person?.merchants.find((one) => one.merchantId === merchantId)?.role ?? null;
}

async function storeOf(c: Asked, caller: Caller) {
  const { db } = c.env;
  const named = c.req.query('store') ?? c.req.header('x-store-code');
  if (named) {
    const store = await findStore(db, named);
    if (!store) throw new NotFound('store', named);
    return store;
  }
  const own = caller.merchantId
    ? [caller.merchantId]
    : (caller.person?.merchants ?? []).map((m) => m.merchantId);
  const only = await findOnlyStore(db, own);
  if (!only) throw new StoreRequired();
  return only;
}
