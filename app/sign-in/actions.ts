'use server';

import { AuthError } from 'next-auth';
import type { FormState } from '@/components/ui/form-state';
import { signIn, signOut, TooManyTries } from '@/lib/auth';
import { getTranslations } from '@/lib/i18n/translations';
import { localPath } from '@/lib/local-path';

/** Signs in with e-mail and password and goes where the person wanted to. Does not tell who exists. */
export async function signInHere(_state: FormState, form: FormData): Promise<FormState> {
  const email = String(form.get('email') ?? '');
  try {
    await signIn('credentials', {
      email,
      password: String(form.get('password') ?? ''),
      redirectTo: localPath(form.get('callbackUrl')),
    });
    return { status: 'ok' };
  } catch (error) {
    if (!(error instanceof AuthError)) throw error; // the redirect after success is thrown too
    const t = await getTranslations('auth.signIn');
    return {
      status: 'error',
      message: t(error instanceof TooManyTries ? 'tooManyTries' : 'wrong'),
      values: { email },
    };
  }
}

/** Signs out of this browser. */
export async function signOutHere(): Promise<void> {
  await signOut({ redirectTo: '/sign-in' });
}
