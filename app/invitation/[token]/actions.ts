'use server';

import { redirect } from 'next/navigation';
import { signIn } from '@/lib/auth';
import { database } from '@/lib/database';
import { acceptInvitation, acceptInvitationInput, findInvitation } from '@/lib/tenancy/invitations';
import { businessNow } from '@/lib/time';
import { actionsFor } from '../../form-answer';

const anyone = actionsFor(async () => ({}));

/** Joins the team. Somebody new is signed in at once; who has an account signs in with it. */
export const join = anyone(
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
