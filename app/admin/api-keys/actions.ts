'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { invalid } from '@/lib/errors';
import { getTranslations } from '@/lib/i18n/translations';
import { apiKeyRoles, createApiKey, revokeApiKey } from '@/lib/tenancy/api-keys';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';

const newKey = z.object({
  name: z.string().trim().min(1).max(80),
  role: z.enum(apiKeyRoles),
  merchant: z.string().trim().optional(),
  expires: z.iso.date().optional(),
});

/** Makes a key and shows it, this once. */
export async function createKey(_state: FormState, form: FormData): Promise<FormState> {
  const [t, c] = await Promise.all([getTranslations('console.keys'), getTranslations('console')]);
  let secret: FormState['secret'];
  const answer = await attempt(form, newKey, async ({ name, role, merchant, expires }) => {
    const { db, actor } = await adminContext();
    const expiresAt = expires ? new Date(`${expires}T00:00:00Z`) : null;
    if (expiresAt && expiresAt <= new Date()) throw invalid('expires', 'in_the_past', 'lies in the past');
    const { key } = await createApiKey(db, {
      name,
      role,
      merchantId: merchant ?? null,
      expiresAt,
      actor,
    });
    secret = { text: t('shownOnce'), value: key, copy: c('copy'), copied: c('copied') };
    refresh();
  });
  return secret ? { ...answer, secret } : answer;
}

/** Revokes a key at once. */
export async function revokeKey(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({ id: z.string() }), async ({ id }) => {
    const { db, actor } = await adminContext();
    const { name } = await revokeApiKey(db, id, actor);
    refresh();
    return (await getTranslations('console.keys'))('revokedNow', { name });
  });
}
