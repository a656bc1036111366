import { createHash } from 'node:crypto';
import { and, eq, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { idempotencyKeys } from '@/db/schema';
import { IdempotencyConflict, invalid } from './errors';
import { addDays } from './time';

const REMEMBERED_DAYS = 30;

/**
 * Runs `work` in a transaction, once per scope and key: a success is remembered for 30 days (real time) in the same
 * transaction, and given again to the same key and body. While the first call runs, a second one waits for it. Refusals
 * are not remembered. Without a key it simply runs. `scope` names who calls what; the answer must be plain JSON.
 * @throws IdempotencyConflict for another body, ValidationFailed for a key that is empty or too long
 */
export async function runOnce<T>(
  db: Db,
  call: { scope: string; key: string | undefined; body: unknown },
  work: (tx: Tx) => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  const { scope, key } = call;
  if (key === undefined) return { answer: await db.transaction(work), replayed: false };
  if (key.trim() === '' || key.length > 255) {
    throw invalid('Idempotency-Key', 'invalid', 'must have 1 to 255 characters');
  }
  const bodyHash = createHash('sha256').update(JSON.stringify(call.body)).digest('hex');
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`once:${scope}:${key}`}, 0))`);
    const row = and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key));
    const [known] = await tx.select().from(idempotencyKeys).where(row);
    if (known && known.createdAt > addDays(new Date(), -REMEMBERED_DAYS)) {
      if (known.bodyHash !== bodyHash) throw new IdempotencyConflict();
      return { answer: known.answer as T, replayed: true };
    }
    if (known) await tx.delete(idempotencyKeys).where(row);
    const answer = await work(tx);
    await tx.insert(idempotencyKeys).values({ scope, key, bodyHash, status: 200, answer });
    return { answer, replayed: false };
  });
}

/** Forgets what is older than 30 days. */
export async function pruneIdempotencyKeys(db: Db): Promise<number> {
  const gone = await db
    .delete(idempotencyKeys)
    .where(lt(idempotencyKeys.createdAt, addDays(new Date(), -REMEMBERED_DAYS)))
    .returning({ key: idempotencyKeys.key });
  return gone.length;
}
