import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, lt, or, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { apiKeys, merchants } from '@/db/schema';
import { holdMerchant } from '@/lib/billing/accounts';
import { type Actor, entry, record, recordAll } from '@/lib/billing/audit';
import { invalid, NotFound } from '@/lib/errors';

export type ApiKeyRow = Omit<typeof apiKeys.$inferSelect, 'secretHash'>;

export const apiKeyRoles = ['admin', 'support', 'usage'] as const;

export const newApiKeyInput = z.object({
  name: z.string().trim().min(1).max(120),
  role: z.enum(apiKeyRoles),
  merchantId: z.string().nullish(),
  expiresAt: z.coerce.date().nullish(),
  ratePerMinute: z.number().int().min(1).max(100_000).nullish(),
});

export type NewApiKey = z.input<typeof newApiKeyInput> & { actor?: Actor };

/** 192 random bits need no slow hash, and a lookup by hash needs no comparison in constant time. */
const hashKey = (key: string) => createHash('sha256').update(key).digest('hex');

const shownLength = 10;

/**
 * Makes a key for a machine. `key` is told here and never again: only its hash is kept. Keys live in real time.
 * @throws ValidationFailed for an unknown merchant, MerchantClosed
 */
export async function createApiKey(db: Db, input: NewApiKey): Promise<{ id: string; key: string }> {
  const { actor = { kind: 'system', id: 'api-key' } as const, ...rest } = input;
  const {
    name,
    role,
    merchantId = null,
    expiresAt = null,
    ratePerMinute = null,
  } = newApiKeyInput.parse(rest);
  const id = newId('key');
  const key = `tl_${randomBytes(24).toString('base64url')}`;
  await db.transaction(async (tx) => {
    if (merchantId !== null) {
      await holdMerchant(tx, merchantId).catch((error) => {
        if (!(error instanceof NotFound)) throw error;
        throw invalid('merchant', 'unknown_merchant', 'is not a merchant');
      });
    }
    const row = { id, name, role, merchantId, expiresAt, ratePerMinute };
    await tx.insert(apiKeys).values({
      ...row,
      secretHash: hashKey(key),
      prefix: key.slice(0, shownLength),
      createdBy: actor.id,
    });
    await record(tx, { actor, now: new Date() }, 'api_key.created', { id, merchantId }, { after: row });
  });
  return { id, key };
}

/** The key behind a secret; null when there is none, it was revoked, or has expired. Notes its use, once a minute at most. */
export async function findByKey(db: Db, key: string): Promise<ApiKeyRow | null> {
  if (!key.startsWith('tl_')) return null;
  const [found] = await db
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.secretHash, hashKey(key)));
  const now = new Date();
  if (!found || found.revokedAt || (found.expiresAt && found.expiresAt <= now)) return null;
  const minuteAgo = new Date(now.getTime() - 60_000);
  if (!found.lastUsedAt || found.lastUsedAt < minuteAgo) {
    const stale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, minuteAgo));
    await db
      .update(apiKeys)
      .set({ lastUsedAt: now })
      .where(and(eq(apiKeys.id, found.id), stale));
  }
  return withoutHash(found);
}

/** All keys, newest first, with the name of the one merchant a key is for, without anything that could open something. */
export async function listApiKeys(db: Db): Promise<(ApiKeyRow & { merchantName: string | null })[]> {
  const rows = await db
    .select({ key: apiKeys, merchantName: merchants.name })
    .from(apiKeys)
    .leftJoin(merchants, eq(merchants.id, apiKeys.merchantId))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(500);
  return rows.map(({ key, merchantName }) => ({ ...withoutHash(key), merchantName }));
}

/** Ends a key at once. Idempotent. @throws NotFound */
export async function revokeApiKey(db: Db, id: string, actor: Actor): Promise<ApiKeyRow> {
  return db.transaction(async (tx) => {
    const [revoked] = await revoke(tx, eq(apiKeys.id, id), actor);
    const [key] = revoked ? [revoked] : await tx.select().from(apiKeys).where(eq(apiKeys.id, id));
    if (!key) throw new NotFound('api_key', id);
    return withoutHash(key);
  });
}

/** Ends the keys of one merchant, in the transaction that closes it. */
export async function revokeKeysOf(tx: Tx, merchantId: string, actor: Actor): Promise<void> {
  await revoke(tx, eq(apiKeys.merchantId, merchantId), actor);
}

async function revoke(tx: Tx, which: SQL, actor: Actor) {
  const revokedAt = new Date();
  const revoked = await tx
    .update(apiKeys)
    .set({ revokedAt })
    .where(and(which, isNull(apiKeys.revokedAt)))
    .returning();
  await recordAll(
    tx,
    { actor, now: revokedAt },
    revoked.map(({ id, merchantId }) =>
      entry('api_key.revoked', { id, merchantId }, { before: { revokedAt: null }, after: { revokedAt } }),
    ),
  );
  return revoked;
}

function withoutHash({ secretHash: _, ...row }: typeof apiKeys.$inferSelect): ApiKeyRow {
  return row;
}
