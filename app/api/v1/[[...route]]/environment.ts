import type { Context } from 'hono';
import type { Db } from '@/db/client';
import type { Person } from '@/lib/auth-people';
import type { Account } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';

/** What the API is given from outside: route.ts gives the real things, a test its own. */
export type Bindings = {
  db: Db;
  /** Who the session cookie belongs to, or null. */
  findViewer: () => Promise<Person | null>;
  /** Business time. */
  now: () => Promise<Date>;
  /** The address browsers know us by: the origin of cookie-authenticated writes. */
  appUrl: string;
};

export type ApiEnv = { Bindings: Bindings; Variables: { requestId: string } };

/** Who calls: a person with a session, or a machine with a key. */
export type Caller = {
  actor: Actor;
  role: Person['role'] | 'usage';
  /** The person, when it is one. */
  person: Person | null;
  /** The one merchant a key may touch; null = no such scope. */
  merchantId: string | null;
};

export type StoreScope = Account & {
  storeId: string;
  storeCode: string;
  /** What the caller is here. */
  role: 'owner' | 'member' | 'support' | 'admin';
};

/** After `asStaff`, `asAdmin`, `asMachine`. */
export type CallerEnv = ApiEnv & { Variables: { caller: Caller } };

/** After `asStore`. */
export type StoreEnv = CallerEnv & { Variables: { store: StoreScope } };

/** What a helper needs of any request's context. */
export type Asked = Pick<Context<ApiEnv>, 'env' | 'req'>;
