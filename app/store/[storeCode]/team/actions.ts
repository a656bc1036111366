'use server';

import { z } from 'zod';
import { getTranslations } from '@/lib/i18n/translations';
import { limitInvitations } from '@/lib/rate-limit';
import { inviteMember, inviteMemberInput, withdrawInvitation } from '@/lib/tenancy/invitations';
import { removeMember } from '@/lib/tenancy/team';
import { storeAction } from '../context';

/** Invites somebody; the seat is taken from now on. */
export const invite = storeAction(inviteMemberInput, async (input, { db, account, place, actor, now }) => {
  await limitInvitations(db, account.merchantId);
  await inviteMember(db, place, input, { actor, now });
  return (await getTranslations('store.team'))('invited', { email: input.email });
});

const member = z.object({ userId: z.string(), name: z.string().max(200) });

/** Takes a member out of the team; their sessions end at once. */
export const removeFromTeam = storeAction(member, async ({ userId, name }, { db, account, actor, now }) => {
  await removeMember(db, account, userId, { actor, now });
  return (await getTranslations('store.team'))('removed', { name });
});

const invitation = z.object({ id: z.string(), email: z.string().max(320) });

/** Takes an invitation back and frees its seat. */
export const withdraw = storeAction(invitation, async ({ id, email }, { db, account, actor, now }) => {
  await withdrawInvitation(db, account, id, { actor, now });
  return (await getTranslations('store.team'))('withdrawn', { email });
});
