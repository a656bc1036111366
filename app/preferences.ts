'use server';

import { cookies } from 'next/headers';
import { setPersonLocale } from '@/lib/auth-people';
import { database } from '@/lib/database';
import { isLocale } from '@/lib/i18n/locales';
import { getViewer } from '@/lib/session';

const aYear = { path: '/', maxAge: 365 * 86_400, sameSite: 'lax' } as const;

/** Keeps the language: for the browser in a cookie, for a signed-in person in their settings too. */
export async function chooseLocale(form: FormData): Promise<void> {
  const locale = form.get('locale');
  if (!isLocale(locale)) return;
  const viewer = await getViewer();
  if (viewer) await setPersonLocale(database(), viewer.userId, locale);
  (await cookies()).set('locale', locale, aYear);
}

/** Keeps the theme of this browser; `system` forgets it. */
export async function chooseTheme(form: FormData): Promise<void> {
  const theme = form.get('theme');
  const jar = await cookies();
  if (theme === 'light' || theme === 'dark') jar.set('theme', theme, aYear);
  else jar.delete('theme');
}
