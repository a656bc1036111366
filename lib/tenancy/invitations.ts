import { createHash, randomBytes } from 'node:crypto';
import { and, asc, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { invitations, memberships, merchants, stores, users } from '@/db/schema';
import { hashPassword, PASSWORD_MIN } from '@/lib/auth-password';
import { type Account, holdAccount, ofAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { consume, release } from '@/lib/billing/entitlements/limits';
import { queueEmail } from '@/lib/billing/notices';
import { DomainError, invalid, NotFound } from '@/lib/errors';
import { addDays } from '@/lib/time';
import { teamLimit } from './features';

/** How long an invitation holds its seat. */
export const INVITATION_DAYS = 7;

const email = z
  .email()
  .max(254)
  .transform((value) => value.trim());

export const inviteMemberInput = z.object({ email });

export const acceptInvitationInput = z.object({
  token: z.string().min(1).max(200),
  /** For somebody who has no account yet. */
  name: z.string().trim().min(1).max(120).optional(),
  password: z.string().min(PASSWORD_MIN).max(200).optional(),
});

/** 409: already of the team, or already invited. */
export class AlreadyOfTheTeam extends DomainError {
  constructor(code: 'already_member' | 'already_invited', address: string) {
    super('conflict', code, { field: 'email', email: address });
  }
}

const hashToken = (token: string) => createHash('sha256').update(token).digest('hex');

/**
 * Invites somebody to a store's team. The seat is taken from now on; the e-mail with the link goes out after the commit.
 * Callers hold `limitInvitations` before it. `token` is told here and in the e-mail only.
 * @throws LimitReached, FeatureNotInPlan, AlreadyOfTheTeam, MerchantClosed: nothing is written
 */
export async function inviteMember(
  db: Db,
  store: Account & { storeId: string },
  input: z.output<typeof inviteMemberInput>,
  context: { actor: Actor; now: Date },
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const { now, actor } = context;
  const { merchantId, platformId, storeId } = store;
  const id = newId('inv');
  const token = randomBytes(32).toString('base64url');
  const expiresAt = addDays(now, INVITATION_DAYS);
  return db.transaction(async (tx) => {
    await holdAccount(tx, store);
    await requireOutsider(tx, merchantId, input.email);
    await consume(tx, store, teamLimit, 1, { storeId, now });
    const written = await tx
      .insert(invitations)
      .values({
        id,
        merchantId,
        platformId,
        storeId,
        email: input.email,
        tokenHash: hashToken(token),
        invitedBy: actor.kind === 'user' ? actor.id : null,
        expiresAt,
        createdAt: now,
      })
      .onConflictDoNothing()
      .returning({ id: invitations.id });
    if (written.length === 0) throw new AlreadyOfTheTeam('already_invited', input.email);
    await record(
      tx,
      { actor, now },
      'team.invited',
      { id, merchantId, platformId },
      { after: { email: input.email, storeId } },
    );
    await sendInvitation(tx, { id, email: input.email, token, expiresAt, storeId, merchantId }, actor, now);
    return { id, token, expiresAt };
  });
}

async function requireOutsider(tx: Tx, merchantId: string, address: string): Promise<void> {
  const [member] = await tx
    .select({ userId: users.id })
    .from(users)
    .innerJoin(memberships, and(eq(memberships.userId, users.id), eq(memberships.merchantId, merchantId)))
    .where(eq(sql`lower(${users.email})`, address.toLowerCase()));
  if (member) throw new AlreadyOfTheTeam('already_member', address);
}

async function sendInvitation(
  tx: Tx,
  invitation: {
    id: string;
    email: string;
    token: string;
    expiresAt: Date;
    storeId: string;
    merchantId: string;
  },
  actor: Actor,
  now: Date,
): Promise<void> {
  const [store] = await tx
    .select({ name: stores.name, merchant: merchants.name })
    .from(stores)
    .innerJoin(merchants, eq(merchants.id, stores.merchantId))
    .where(eq(stores.id, invitation.storeId));
  const [inviter] = await tx
    .select({ name: users.name, locale: users.locale })
    .from(users)
    .where(eq(users.id, actor.id));
  await queueEmail(tx, {
    key: `invitation:${invitation.id}`,
    template: 'invitation',
    recipient: invitation.email,
    locale: inviter?.locale ?? 'en',
    merchantId: invitation.merchantId,
    data: {
      token: invitation.token,
      store: store?.name ?? '',
      merchant: store?.merchant ?? '',
      invitedBy: inviter?.name ?? null,
      expiresAt: invitation.expiresAt.toISOString(),
    },
    at: now,
  });
}

/** What an invitation's page shows; null when the link is wrong, used, withdrawn or too old. */
export async function findInvitation(db: Db, token: string, now: Date) {
  const [found] = await db
    .select({
      id: invitations.id,
      email: invitations.email,
      merchant: merchants.name,
      store: stores.name,
      storeCode: stores.code,
      expiresAt: invitations.expiresAt,
      hasAccount: sql<boolean>`exists (
        select from ${users} where lower(${users.email}) = lower(${invitations.email}))`,
    })
    .from(invitations)
    .innerJoin(merchants, eq(merchants.id, invitations.merchantId))
    .innerJoin(stores, eq(stores.id, invitations.storeId))
    .where(openInvitation(token, now));
  return found ?? null;
}

const openInvitation = (token: string, now: Date) =>
  and(
    eq(invitations.tokenHash, hashToken(token)),
    isNull(invitations.closedAt),
    gt(invitations.expiresAt, now),
  );

/**
 * Takes the seat that an invitation holds: the link proves the address, so a person with an account joins as they are,
 * another one is made with the name and password given. The unit stays taken.
 * @throws NotFound for a link that is wrong, used, withdrawn, too old or of a closed merchant; ValidationFailed when name or password is missing
 */
export async function acceptInvitation(
  db: Db,
  input: z.output<typeof acceptInvitationInput>,
  context: { now: Date },
): Promise<{ userId: string; merchantId: string; storeId: string; isNew: boolean }> {
  const { now } = context;
  const passwordHash = input.password ? await hashPassword(input.password) : null;
  return db.transaction(async (tx) => {
    // Nobody joins a merchant that is closed meanwhile; the merchant is held first, as in closing it.
    const [held] = await tx
      .select({ id: merchants.id })
      .from(invitations)
      .innerJoin(merchants, eq(merchants.id, invitations.merchantId))
      .where(and(openInvitation(input.token, now), isNull(merchants.closedAt)))
      .for('share', { of: merchants });
    if (!held) throw new NotFound('invitation');
    const [invitation] = await tx
      .update(invitations)
      .set({ closedAt: now, outcome: 'accepted' })
      .where(openInvitation(input.token, now))
      .returning();
    if (!invitation) throw new NotFound('invitation');
    const { merchantId, platformId, storeId } = invitation;
    const known = await findUser(tx, invitation.email);
    if (!known && !input.name) throw invalid('name', 'required', 'is needed for a new account');
    if (!known && !passwordHash) throw invalid('password', 'required', 'is needed for a new account');
    const userId = known?.id ?? newId('usr');
    if (!known) {
      await tx.insert(users).values({
        id: userId,
        email: invitation.email,
        name: input.name ?? '',
        passwordHash,
        createdAt: now,
      });
    }
    const joined = await tx
      .insert(memberships)
      .values({ merchantId, userId, role: 'member', storeId, createdAt: now })
      .onConflictDoNothing()
      .returning({ userId: memberships.userId });
    // They joined by another way meanwhile: one person takes one seat.
    if (joined.length === 0) await release(tx, invitation, teamLimit, 1, { storeId, now });
    await record(
      tx,
      { actor: { kind: 'user', id: userId }, now },
      'team.joined',
      { id: userId, merchantId, platformId },
      { after: { storeId } },
    );
    return { userId, merchantId, storeId, isNew: !known };
  });
}

async function findUser(tx: Tx, address: string) {
  const [user] = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(sql`lower(${users.email})`, address.toLowerCase()));
  return user ?? null;
}

/** Takes an invitation back and frees its seat. @throws NotFound when it is not pending, or another merchant's */
export async function withdrawInvitation(
  db: Db,
  account: Account,
  id: string,
  context: { actor: Actor; now: Date },
): Promise<void> {
  const { now } = context;
  await db.transaction(async (tx) => {
    const closed = await closeInvitation(tx, account, id, 'withdrawn', now);
    await record(
      tx,
      { actor: context.actor, now },
      'team.invitation_withdrawn',
      { id, ...account },
      { before: { email: closed.email } },
    );
  });
}

/** Ends invitations that ran out and frees their seats, one transaction each. Safe to run twice and on several nodes. */
export async function expireInvitations(db: Db, now: Date): Promise<{ expired: number }> {
  let expired = 0;
  for (;;) {
    const due = await db
      .select({
        id: invitations.id,
        merchantId: invitations.merchantId,
        platformId: invitations.platformId,
      })
      .from(invitations)
      .where(and(isNull(invitations.closedAt), lte(invitations.expiresAt, now)))
      .orderBy(asc(invitations.expiresAt))
      .limit(500);
    if (due.length === 0) return { expired };
    for (const { id, ...account } of due) {
      try {
        await db.transaction((tx) => closeInvitation(tx, account, id, 'expired', now));
        expired++;
      } catch (error) {
        if (!(error instanceof NotFound)) throw error; // accepted, withdrawn, or expired by another node meanwhile
      }
    }
  }
}

/**
 * Closes a pending invitation and frees its seat. The counter first, as in `inviteMember`: two that meet on one address
 * would otherwise wait for each other. @throws NotFound, and then nothing is freed
 */
async function closeInvitation(
  tx: Tx,
  account: Account,
  id: string,
  outcome: 'withdrawn' | 'expired',
  now: Date,
) {
  const pending = and(eq(invitations.id, id), ofAccount(invitations, account), isNull(invitations.closedAt));
  const [found] = await tx.select({ storeId: invitations.storeId }).from(invitations).where(pending);
  if (!found) throw new NotFound('invitation', id);
  await release(tx, account, teamLimit, 1, { storeId: found.storeId, now });
  const [closed] = await tx.update(invitations).set({ closedAt: now, outcome }).where(pending).returning();
  if (!closed) throw new NotFound('invitation', id);
  return closed;
}
