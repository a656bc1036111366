import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { users } from '@/db/schema';
import { hashPassword, PASSWORD_MIN } from '@/lib/auth-password';
import { record } from '@/lib/billing/audit';

const adminInput = z.object({
  email: z.email(),
  name: z.string().trim().min(1).max(120),
  password: z.string().min(PASSWORD_MIN).max(200),
});

/**
 * Makes an admin, or makes an existing person one with a new password: for the first person of an installation and for
 * one that locked itself out. Run from the machine itself, never from a page.
 */
export async function createAdmin(db: Db, input: z.input<typeof adminInput>): Promise<{ id: string }> {
  const { email, name, password } = adminInput.parse(input);
  const passwordHash = await hashPassword(password);
  return db.transaction(async (tx) => {
    const admin = { name, passwordHash, staffRole: 'admin' as const, disabledAt: null };
    const [known] = await tx
      .update(users)
      .set({ ...admin, sessionVersion: sql`${users.sessionVersion} + 1` })
      .where(sql`lower(${users.email}) = ${email.toLowerCase()}`)
      .returning({ id: users.id });
    const [row] = known
      ? [known]
      : await tx
          .insert(users)
          .values({ id: newId('usr'), email, ...admin })
          .returning({ id: users.id });
    if (!row) throw new Error('the admin was not written');
    await record(
      tx,
      { actor: { kind: 'system', id: 'create-admin' }, now: new Date() },
      'user.made_admin',
      { id: row.id },
      { after: { email } },
    );
    return row;
  });
}
