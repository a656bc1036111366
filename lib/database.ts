import { createDb } from '@/db/client';
import { env } from './env';

const kept = globalThis as unknown as { tierlineDb?: ReturnType<typeof createDb> };

/** How long a request waits for a connection before it is answered 503. */
const WAIT_MS = 10_000;

/**
 * The process's one pool. Only app, scripts and composition roots take it from here; everything below is handed `db`.
 * Kept on globalThis: `next dev` reloads modules, and instrumentation and routes are separate module graphs.
 */
export function database() {
  const { DATABASE_URL: url, DATABASE_PREPARE: prepare } = env();
  kept.tierlineDb ??= createDb(url, { max: 20, prepare, waitMs: WAIT_MS });
  return kept.tierlineDb.db;
}
