'use server';

import { redirect } from 'next/navigation';
import type { FormState } from '@/components/ui/form-state';
import { signIn } from '@/lib/auth';
import { database } from '@/lib/database';
import { acceptInvitation, acceptInvitationInput, findInvitation } from '@/lib/tenancy/invitations';
import { businessNow } from '@/lib/time';
import { attempt } from '../../form-answer';

/** Joins the team. Somebody new is signed in at once; who has an account signs in with it. */
export async function join(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    acceptInvitationInput,
    async (input) => {
      const db = database();
      const now = await businessNow(db);
      const invitation = await findInvitation(db, input.token, now);
      const { isNew } = await acceptInvitation(db, input, { now });
      const home = `/store/${invitation?.storeCode ?? ''}`;
      if (isNew && invitation) {
        await signIn('credentials', { email: invitation.email, password: input.password, redirectTo: home });
      }
      redirect(`/sign-in?callbackUrl=${encodeURIComponent(home)}`);
    },
    { forget: ['password'] },
  );
}
