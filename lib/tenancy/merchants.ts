import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { customers, memberships, merchants, stores, users } from '@/db/schema';
import { hashPassword, PASSWORD_MIN } from '@/lib/auth-password';
import { startTrial } from '@/lib/billing/account/trial-start';
import { getPlatform } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { isCountry } from '@/lib/countries';
import { refusal } from '@/lib/errors';

const name = z.string().trim().min(1).max(120);
const email = z
  .email()
  .max(254)
  .transform((value) => value.trim());

/** Codes are in addresses and on invoices: short, upper case, no ambiguity. */
export const storeCode = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9-]{1,19}$/, '2 to 20 letters, digits or hyphens');

/** What a new merchant needs: see POST /api/v1/admin/merchants in the contract. */
export const newMerchantInput = z.object({
  name,
  email,
  country: z.string().trim().toUpperCase().refine(isCountry, 'a country code of ISO 3166').optional(),
  platform: z.string().min(1),
  tierCode: z.string().optional(),
  store: z.object({ code: storeCode, name }),
  owner: z.object({ email, name, password: z.string().min(PASSWORD_MIN).max(200).optional() }),
});

export type NewMerchant = z.output<typeof newMerchantInput>;

/** 409: somebody has the store code or the e-mail address. */
export const StoreCodeTaken = refusal('conflict', 'store_code_taken', (code: string) => ({
  field: 'store.code',
  code,
}));
export const EmailTaken = refusal('conflict', 'email_taken', (address: string) => ({
  field: 'owner.email',
  email: address,
}));

/**
 * Makes a merchant with its first store and owner, and starts its local trial, in one transaction. Not idempotent: a
 * second call is refused for the store code or the address.
 * @throws StoreCodeTaken, EmailTaken, NotFound (platform), TierNotFound
 */
export async function createMerchant(
  db: Db,
  input: NewMerchant,
  context: { actor?: Actor; now: Date; trialDays: number },
): Promise<{ merchantId: string; storeId: string; storeCode: string; ownerId: string }> {
  const passwordHash = input.owner.password ? await hashPassword(input.owner.password) : null;
  return db.transaction(async (tx) => {
    const platform = await getPlatform(tx, input.platform);
    const { now } = context;
    const ids = { merchantId: newId('mer'), storeId: newId('sto'), ownerId: newId('usr') };
    await tx.insert(merchants).values({
      id: ids.merchantId,
      name: input.name,
      email: input.email,
      country: input.country ?? null,
      createdAt: now,
    });
    await tx.insert(customers).values({
      merchantId: ids.merchantId,
      name: input.name,
      email: input.email,
      country: input.country ?? '',
    });
    await insertStore(tx, {
      id: ids.storeId,
      ...input.store,
      merchantId: ids.merchantId,
      platformId: platform.id,
      createdAt: now,
    });
    await insertUser(tx, {
      id: ids.ownerId,
      email: input.owner.email,
      name: input.owner.name,
      passwordHash,
      createdAt: now,
    });
    await tx
      .insert(memberships)
      .values({ merchantId: ids.merchantId, userId: ids.ownerId, role: 'owner', createdAt: now });
    const actor = context.actor ?? { kind: 'user' as const, id: ids.ownerId };
    const account = { merchantId: ids.merchantId, platformId: platform.id };
    await record(
      tx,
      { actor, now },
      'merchant.created',
      { id: ids.merchantId, ...account },
      { after: { name: input.name, store: input.store.code, owner: ids.ownerId } },
    );
    await startTrial(tx, account, { tierCode: input.tierCode, defaultDays: context.trialDays, actor, now });
    return { ...ids, storeCode: input.store.code };
  });
}

async function insertStore(tx: Tx, store: typeof stores.$inferInsert): Promise<void> {
  const written = await tx.insert(stores).values(store).onConflictDoNothing().returning({ id: stores.id });
  if (written.length === 0) throw new StoreCodeTaken(store.code);
}

async function insertUser(tx: Tx, user: typeof users.$inferInsert): Promise<void> {
  const written = await tx.insert(users).values(user).onConflictDoNothing().returning({ id: users.id });
  if (written.length === 0) throw new EmailTaken(user.email);
}

/** A merchant by id, or null. */
export async function findMerchant(db: Db, id: string) {
  const [row] = await db.select().from(merchants).where(eq(merchants.id, id));
  return row ?? null;
}

/** A store by code or id, or null. */
export async function findStore(db: Db, codeOrId: string) {
  const [row] = await db
    .select()
    .from(stores)
    .where(sql`${stores.code} = ${codeOrId} or ${stores.id} = ${codeOrId}`);
  return row ?? null;
}
