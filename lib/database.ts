import { createDb } from '@/db/client';
import { env } from './env';

const kept = globalThis as unknown as { tierlineDb?: ReturnType<typeof createDb> };

/**
 * The process's one pool. Only app, scripts and composition roots take it from here; everything below is handed `db`.
 * Kept on globalThis: `next dev` reloads modules, and instrumentation and routes are separate module graphs.
 */
export function database() {
  kept.tierlineDb ??= createDb(env().DATABASE_URL, { max: 20 });
  return kept.tierlineDb.db;
}
