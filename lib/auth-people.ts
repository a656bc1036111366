import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { memberships, users } from '@/db/schema';
import { hashPassword, verifyPassword } from './auth-password';
import { invalid } from './errors';
import type { Locale } from './i18n/locales';

export type Role = 'admin' | 'support' | 'owner' | 'member';

/** Who somebody is right now, as the database says. */
export type Person = {
  userId: string;
  email: string;
  name: string;
  role: Role;
  locale: string | null;
  merchants: { merchantId: string; role: 'owner' | 'member' }[];
};

/**
 * Reads a person by id and session version in one statement. Null when the person is disabled, was signed out everywhere
 * since, or belongs nowhere any more: then every session of theirs is over.
 */
export async function findPerson(db: Db, userId: string, sessionVersion: number): Promise<Person | null> {
  const rows = await db
    .select({
      email: users.email,
      name: users.name,
      staffRole: users.staffRole,
      locale: users.locale,
      merchantId: memberships.merchantId,
      role: memberships.role,
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .where(and(eq(users.id, userId), eq(users.sessionVersion, sessionVersion), isNull(users.disabledAt)))
    .orderBy(memberships.createdAt);
  const first = rows[0];
  if (!first) return null;
  const belongs = rows.flatMap((row) =>
    row.merchantId && row.role ? [{ merchantId: row.merchantId, role: row.role }] : [],
  );
  const role = first.staffRole ?? (belongs.some((m) => m.role === 'owner') ? 'owner' : belongs[0]?.role);
  if (!role) return null;
  return { userId, email: first.email, name: first.name, role, locale: first.locale, merchants: belongs };
}

/** Checks an e-mail address and password. Null for an unknown person, a wrong password and a disabled person alike. */
export async function findByPassword(db: Db, email: string, password: string) {
  const [user] = await db
    .select({
      id: users.id,
      hash: users.passwordHash,
      version: users.sessionVersion,
      disabledAt: users.disabledAt,
    })
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.trim().toLowerCase()));
  const matches = await verifyPassword(user?.hash, password);
  if (!user || !matches || user.disabledAt) return null;
  return findPerson(db, user.id, user.version).then(
    (person) => person && { ...person, version: user.version },
  );
}

/** Keeps the language a person chose. */
export async function setPersonLocale(db: Db, userId: string, locale: Locale): Promise<void> {
  await db.update(users).set({ locale }).where(eq(users.id, userId));
}

/** Keeps a person's name and language. */
export async function savePerson(
  db: Db,
  userId: string,
  input: { name: string; locale: Locale },
): Promise<void> {
  await db.update(users).set(input).where(eq(users.id, userId));
}

/** Ends every session of a person at once. */
export async function raiseSessionVersion(db: Db, userId: string): Promise<void> {
  await db
    .update(users)
    .set({ sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, userId));
}

/** Changes a password and ends every session. `ValidationFailed` on `current` when that is not the password. */
export async function changePassword(
  db: Db,
  userId: string,
  input: { current: string; next: string },
): Promise<void> {
  const [user] = await db.select({ hash: users.passwordHash }).from(users).where(eq(users.id, userId));
  if (user?.hash && !(await verifyPassword(user.hash, input.current))) {
    throw invalid('current', 'wrong_password', 'is not the current password');
  }
  const passwordHash = await hashPassword(input.next);
  await db
    .update(users)
    .set({ passwordHash, sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, userId));
}
