import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { emails, usageCounters, users } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { findPerson } from '@/lib/auth-people';
import { LimitReached } from '@/lib/billing/errors';
import { NotFound, ValidationFailed } from '@/lib/errors';
import { makeAccount } from '@/testing/accounts';
import {
  AlreadyOfTheTeam,
  acceptInvitation,
  expireInvitations,
  findInvitation,
  inviteMember,
  withdrawInvitation,
} from './invitations';
import { listTeam, removeMember } from './team';

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const by = (store: { ownerId: string }, at = now) => ({
  actor: { kind: 'user' as const, id: store.ownerId },
  now: at,
});
const usedBy = async (merchantId: string) => {
  const [row] = await database.db
    .select()
    .from(usageCounters)
    .where(eq(usageCounters.merchantId, merchantId));
  return row?.used ?? 0;
};

test('a pending invitation takes the one place on Essential; the owner takes none', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'one');
  await inviteMember(db, store, { email: 'ann@one.test' }, by(store));
  const second = inviteMember(db, store, { email: 'bob@one.test' }, by(store));
  await expect(second).rejects.toBeInstanceOf(LimitReached);
  expect(await usedBy(store.merchantId)).toBe(1);
});

test('the invited person gets a link by e-mail, joins with it once, and keeps the place', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'join');
  const { token } = await inviteMember(db, store, { email: 'Ann@join.test' }, by(store));
  const [mail] = await db
    .select()
    .from(emails)
    .where(and(eq(emails.merchantId, store.merchantId), eq(emails.template, 'invitation')));
  expect(mail).toMatchObject({ template: 'invitation', recipient: 'Ann@join.test', data: { token } });
  expect(await findInvitation(db, token, now)).toMatchObject({ storeCode: 'JOIN', hasAccount: false });

  await expect(acceptInvitation(db, { token }, { now })).rejects.toBeInstanceOf(ValidationFailed);
  const joined = await acceptInvitation(db, { token, name: 'Ann', password: 'long enough words' }, { now });
  expect(joined).toMatchObject({ merchantId: store.merchantId, isNew: true });
  expect(await usedBy(store.merchantId)).toBe(1);
  await expect(acceptInvitation(db, { token }, { now })).rejects.toBeInstanceOf(NotFound);
  expect(await findInvitation(db, token, now)).toBeNull();
  const team = await listTeam(db, store);
  expect(team.members.map((one) => [one.email, one.role])).toEqual([
    ['owner@join.test', 'owner'],
    ['Ann@join.test', 'member'],
  ]);
  expect(team.invitations).toEqual([]);
});

test('nobody is invited twice, in whatever letters, and no unit is taken for it', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'twice', { tier: 'professional' });
  await inviteMember(db, store, { email: 'ann@twice.test' }, by(store));
  for (const [email, code] of [
    ['ANN@twice.test', 'already_invited'],
    ['owner@twice.test', 'already_member'],
  ]) {
    const refusal = await inviteMember(db, store, { email: email ?? '' }, by(store)).catch((e: unknown) => e);
    expect(refusal).toBeInstanceOf(AlreadyOfTheTeam);
    expect((refusal as AlreadyOfTheTeam).code).toBe(code);
  }
  expect(await usedBy(store.merchantId)).toBe(1);
});

test('withdrawal and expiry give the place back, once', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'givenback', { tier: 'professional' });
  const first = await inviteMember(db, store, { email: 'a@gb.test' }, by(store));
  const second = await inviteMember(db, store, { email: 'b@gb.test' }, by(store));
  await withdrawInvitation(db, store, first.id, by(store));
  await expect(withdrawInvitation(db, store, first.id, by(store))).rejects.toBeInstanceOf(NotFound);
  expect(await usedBy(store.merchantId)).toBe(1);

  const { expiresAt } = second;
  await expect(
    acceptInvitation(
      db,
      { token: second.token, name: 'B', password: 'long enough words' },
      { now: expiresAt },
    ),
  ).rejects.toBeInstanceOf(NotFound);
  await Promise.all([expireInvitations(db, expiresAt), expireInvitations(db, expiresAt)]);
  expect(await expireInvitations(db, expiresAt)).toEqual({ expired: 0 });
  expect(await usedBy(store.merchantId)).toBe(0);
});

test('a removed member is out at once, and the place is free', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'out');
  const { token } = await inviteMember(db, store, { email: 'ann@out.test' }, by(store));
  const { userId } = await acceptInvitation(
    db,
    { token, name: 'Ann', password: 'long enough words' },
    { now },
  );
  expect(await findPerson(db, userId, 1)).toMatchObject({ role: 'member' });
  await removeMember(db, store, userId, by(store));
  expect(await findPerson(db, userId, 1)).toBeNull();
  const [user] = await db.select().from(users).where(eq(users.id, userId));
  expect(user?.sessionVersion).toBe(2);
  expect(await usedBy(store.merchantId)).toBe(0);
  await expect(removeMember(db, store, store.ownerId, by(store))).rejects.toBeInstanceOf(NotFound);
});

test('somebody with an account joins as they are', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'friend');
  const other = await makeAccount(db, 'elsewhere');
  const { token } = await inviteMember(db, store, { email: 'OWNER@elsewhere.test' }, by(store));
  const joined = await acceptInvitation(db, { token }, { now });
  expect(joined).toMatchObject({ userId: other.ownerId, isNew: false });
});
