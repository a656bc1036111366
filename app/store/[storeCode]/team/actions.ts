'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { getTranslations } from '@/lib/i18n/translations';
import { limitInvitations } from '@/lib/rate-limit';
import { inviteMember, inviteMemberInput, withdrawInvitation } from '@/lib/tenancy/invitations';
import { removeMember } from '@/lib/tenancy/team';
import { attempt } from '../../../form-answer';
import { storeContext, storeOf, unlockHref } from '../context';

/** Invites somebody; the place is taken from now on. */
export async function invite(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    inviteMemberInput,
    async (input) => {
      const { db, account, place, actor, now } = await storeContext(storeOf(form), 'write');
      await limitInvitations(db, account.merchantId);
      await inviteMember(db, place, input, { actor, now });
      refresh();
      return (await getTranslations('store.team'))('invited', { email: input.email });
    },
    { unlockHref: unlockHref(storeOf(form)) },
  );
}

const member = z.object({ userId: z.string(), name: z.string().max(200) });

/** Takes a member out of the team; their sessions end at once. */
export async function removeFromTeam(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, member, async ({ userId, name }) => {
    const { db, account, actor, now } = await storeContext(storeOf(form), 'write');
    await removeMember(db, account, userId, { actor, now });
    refresh();
    return (await getTranslations('store.team'))('removed', { name });
  });
}

const invitation = z.object({ id: z.string(), email: z.string().max(320) });

/** Takes an invitation back and frees its place. */
export async function withdraw(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, invitation, async ({ id, email }) => {
    const { db, account, actor, now } = await storeContext(storeOf(form), 'write');
    await withdrawInvitation(db, account, id, { actor, now });
    refresh();
    return (await getTranslations('store.team'))('withdrawn', { email });
  });
}
