import type { Db } from '@/db/client';
import type { Person } from '@/lib/auth-people';
import { createApiKey } from '@/lib/tenancy/api-keys';
import { createApi } from './api';

type Asking = {
  /** A session of this person. */
  as?: Person;
  /** Or a key. */
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
};

/** The API on a database of a test: `call('GET', '/entitlements?…', { key })` → status, body, headers. */
export function testApi(db: Db, now: () => Date) {
  const api = createApi();
  return async function call(method: string, path: string, asking: Asking = {}) {
    const headers = new Headers(asking.headers);
    if (asking.key) headers.set('authorization', `Bearer ${asking.key}`);
    if (asking.body !== undefined && !headers.has('content-type')) {
      headers.set('content-type', 'application/json');
    }
    const body = typeof asking.body === 'string' ? asking.body : JSON.stringify(asking.body);
    const request = new Request(`http://app.test/api/v1${path}`, { method, headers, body });
    const response = await api.fetch(request, {
      db,
      findViewer: async () => asking.as ?? null,
      now: async () => now(),
      appUrl: 'http://app.test',
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: parse(text),
    };
  };
}

function parse(text: string) {
  return text === '' ? null : JSON.parse(text);
}

/** A person for a session, without a row: staff, or an owner or member of one merchant. */
export function person(role: Person['role'], merchantId?: string): Person {
  const belongs = (role === 'owner' || role === 'member') && merchantId ? [{ merchantId, role }] : [];
  return {
    userId: `usr_${role}_${merchantId ?? 'none'}`,
    email: `${role}@test`,
    name: role,
    role,
    locale: null,
    merchants: belongs,
  };
}

/** A key of a role, with or without merchant scope. */
export async function keyOf(
  db: Db,
  role: 'admin' | 'support' | 'usage',
  merchantId?: string,
): Promise<string> {
  return (await createApiKey(db, { name: role, role, merchantId })).key;
}
