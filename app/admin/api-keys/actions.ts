'use server';

import { z } from 'zod';
import { invalid } from '@/lib/errors';
import { getTranslations } from '@/lib/i18n/translations';
import { apiKeyRoles, createApiKey, revokeApiKey } from '@/lib/tenancy/api-keys';
import { staffAction } from '../context';

const newKey = z.object({
  name: z.string().trim().min(1).max(80),
  role: z.enum(apiKeyRoles),
  merchant: z.string().trim().optional(),
  expires: z.iso.date().optional(),
});

/** Makes a key and shows it, this once. */
export const createKey = staffAction(newKey, async ({ name, role, merchant, expires }, { db, actor }) => {
  const [t, c] = await Promise.all([getTranslations('console.keys'), getTranslations('console')]);
  const expiresAt = expires ? new Date(`${expires}T00:00:00Z`) : null;
  if (expiresAt && expiresAt <= new Date()) throw invalid('expires', 'in_the_past', 'lies in the past');
  const merchantId = merchant ?? null;
  const { key } = await createApiKey(db, { name, role, merchantId, expiresAt, actor });
  const secret = { text: t('shownOnce'), value: key, copy: c('copy'), copied: c('copied') };
  return { status: 'ok', secret };
});

/** Revokes a key at once. */
export const revokeKey = staffAction(z.object({ id: z.string() }), async ({ id }, { db, actor }) => {
  const { name } = await revokeApiKey(db, id, actor);
  return (await getTranslations('console.keys'))('revokedNow', { name });
});
