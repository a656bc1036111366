import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invitations, memberships, stores, users } from '@/db/schema';
import { raiseSessionVersion } from '@/lib/auth-people';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { release } from '@/lib/billing/entitlements/limits';
import { NotFound } from '@/lib/errors';
import { teamLimit } from './features';

type Team = Awaited<ReturnType<typeof listTeam>>;
export type TeamMember = Team['members'][number];
export type PendingInvitation = Team['invitations'][number];

/** Who works for a merchant on a platform, owners first, and who is invited. */
export async function listTeam(db: Db, account: Account) {
  const [members, pending] = await Promise.all([
    db
      .select({
        userId: memberships.userId,
        name: users.name,
        email: users.email,
        role: memberships.role,
        storeId: memberships.storeId,
        since: memberships.createdAt,
      })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .leftJoin(stores, eq(stores.id, memberships.storeId))
      .where(
        and(
          eq(memberships.merchantId, account.merchantId),
          sql`(${memberships.role} = 'owner' or ${stores.platformId} = ${account.platformId})`,
        ),
      )
      .orderBy(sql`${memberships.role} = 'owner' desc`, asc(memberships.createdAt), asc(memberships.userId)),
    db
      .select({
        id: invitations.id,
        email: invitations.email,
        storeId: invitations.storeId,
        invitedAt: invitations.createdAt,
        expiresAt: invitations.expiresAt,
      })
      .from(invitations)
      .where(and(ofAccount(invitations, account), isNull(invitations.closedAt)))
      .orderBy(asc(invitations.createdAt), asc(invitations.id)),
  ]);
  return { members, invitations: pending };
}

/**
 * Takes a member out of the team: the seat is free at once, and every session of theirs ends. The person's account
 * stays. @throws NotFound for an owner, a stranger, or somebody who has left
 */
export async function removeMember(
  db: Db,
  account: Account,
  userId: string,
  context: { actor: Actor; now: Date },
): Promise<void> {
  await db.transaction(async (tx) => {
    const membership = and(
      eq(memberships.merchantId, account.merchantId),
      eq(memberships.userId, userId),
      eq(memberships.role, 'member'),
    );
    const [member] = await tx
      .select({ storeId: memberships.storeId })
      .from(memberships)
      .innerJoin(stores, eq(stores.id, memberships.storeId))
      .where(and(membership, eq(stores.platformId, account.platformId)));
    if (!member) throw new NotFound('member', userId);
    // The counter first, as everywhere: the order of locks.
    await release(tx, account, teamLimit, 1, { storeId: member.storeId, now: context.now });
    const [gone] = await tx.delete(memberships).where(membership).returning();
    if (!gone) throw new NotFound('member', userId);
    await raiseSessionVersion(tx, userId);
    await record(
      tx,
      context,
      'team.removed',
      { id: userId, ...account },
      { before: { storeId: gone.storeId } },
    );
  });
}
