import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memberships, merchants, platforms, stores, users } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { hashPassword } from './auth-password';
import { changePassword, findByPassword, findPerson, raiseSessionVersion } from './auth-people';

let t: Awaited<ReturnType<typeof testDatabase>>;

beforeAll(async () => {
  t = await testDatabase();
  const { db } = t;
  await db.insert(platforms).values({ id: 'plt_1', code: 'test', name: 'Test' });
  await db.insert(merchants).values([
    { id: 'mer_1', name: 'One', email: 'one@test.test' },
    { id: 'mer_2', name: 'Two', email: 'two@test.test' },
  ]);
  await db
    .insert(stores)
    .values({ id: 'sto_1', code: 'ONE', name: 'One', merchantId: 'mer_1', platformId: 'plt_1' });
  const passwordHash = await hashPassword('a good password');
  const person = (id: string, extra = {}) => ({
    id,
    email: `${id}@Test.test`,
    name: id,
    passwordHash,
    ...extra,
  });
  await db
    .insert(users)
    .values([
      person('owner'),
      person('member'),
      person('both'),
      person('nobody'),
      person('disabled', { disabledAt: new Date() }),
      person('support', { staffRole: 'support' }),
      person('link', { passwordHash: null, staffRole: 'admin' }),
    ]);
  await db.insert(memberships).values([
    { merchantId: 'mer_1', userId: 'owner', role: 'owner' },
    { merchantId: 'mer_1', userId: 'member', role: 'member', storeId: 'sto_1' },
    { merchantId: 'mer_1', userId: 'both', role: 'member', storeId: 'sto_1' },
    { merchantId: 'mer_2', userId: 'both', role: 'owner' },
    { merchantId: 'mer_1', userId: 'disabled', role: 'owner' },
  ]);
});

afterAll(() => t.close());

const signIn = (email: string, password = 'a good password') => findByPassword(t.db, email, password);

describe('signing in', () => {
  test('takes the address in any case, and gives role and merchants', async () => {
    expect(await signIn('OWNER@test.TEST')).toMatchObject({
      role: 'owner',
      merchants: [{ merchantId: 'mer_1' }],
    });
    expect(await signIn('both@test.test')).toMatchObject({ role: 'owner' });
    expect(await signIn('member@test.test')).toMatchObject({ role: 'member' });
    expect(await signIn('support@test.test')).toMatchObject({ role: 'support', merchants: [] });
  });

  test.each([
    ['an unknown person', 'unknown@test.test', 'a good password'],
    ['a wrong password', 'owner@test.test', 'a bad password'],
    ['a disabled person', 'disabled@test.test', 'a good password'],
    ['somebody who belongs nowhere', 'nobody@test.test', 'a good password'],
    ['somebody without a password', 'link@test.test', 'nobody has this password'],
  ])('is refused alike for %s', async (_case, email, password) => {
    expect(await signIn(email, password)).toBeNull();
  });
});

describe('a session', () => {
  test('ends when the person is signed out everywhere', async () => {
    expect(await findPerson(t.db, 'support', 1)).not.toBeNull();
    await raiseSessionVersion(t.db, 'support');
    expect(await findPerson(t.db, 'support', 1)).toBeNull();
    expect(await findPerson(t.db, 'support', 2)).not.toBeNull();
  });

  test('ends when a member is removed', async () => {
    expect(await findPerson(t.db, 'member', 1)).not.toBeNull();
    await t.db.delete(memberships).where(eq(memberships.userId, 'member'));
    expect(await findPerson(t.db, 'member', 1)).toBeNull();
  });

  test('ends with a new password, which wants the old one', async () => {
    const change = { current: 'a bad password', next: 'another good password' };
    await expect(changePassword(t.db, 'both', change)).rejects.toMatchObject({ code: 'validation_failed' });
    await changePassword(t.db, 'both', { ...change, current: 'a good password' });
    expect(await findPerson(t.db, 'both', 1)).toBeNull();
    expect(await signIn('both@test.test', 'another good password')).not.toBeNull();
  });
});
