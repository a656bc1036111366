'use server';

import { z } from 'zod';
import { signIn, signOut } from '@/lib/auth';
import { PASSWORD_MIN } from '@/lib/auth-password';
import { changePassword, raiseSessionVersion, savePerson } from '@/lib/auth-people';
import { database } from '@/lib/database';
import { locales } from '@/lib/i18n/locales';
import { getTranslations, translatorFor } from '@/lib/i18n/translations';
import { requireViewer } from '@/lib/session';
import { actionsFor } from '../form-answer';

const ownAction = actionsFor(async () => ({ viewer: await requireViewer() }));

const profile = z.object({ name: z.string().trim().min(1).max(200), locale: z.enum(locales) });

/** Saves name and language. */
export const saveProfile = ownAction(profile, async (input, { viewer }) => {
  await savePerson(database(), viewer.userId, input);
  return translatorFor(input.locale, 'common')('saved');
});

const passwords = z.object({ current: z.string().max(1000), next: z.string().min(PASSWORD_MIN).max(1000) });

/** Changes the password, which ends all other sessions; this one goes on. */
export const changeOwnPassword = ownAction(
  passwords,
  async (input, { viewer }) => {
    await changePassword(database(), viewer.userId, input);
    await signIn('credentials', { email: viewer.email, password: input.next, redirect: false });
    return (await getTranslations('auth.account'))('passwordChanged');
  },
  { forget: ['current', 'next'] },
);

/** Ends every session of the person, this one included. */
export async function signOutOfEverything(): Promise<void> {
  const viewer = await requireViewer();
  await raiseSessionVersion(database(), viewer.userId);
  await signOut({ redirectTo: '/sign-in' });
}
