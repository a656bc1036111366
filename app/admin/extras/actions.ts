'use server';

import { z } from 'zod';
import { deleteExtra, saveExtra, setExtraActive } from '@/lib/billing/plans/extras-edit';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { staffAction } from '../context';
import { revisionOf } from '../typed-fields';
import { nameOfAdds, readExtra } from './read-extra';

const named = z.object({
  kind: z.enum(['add_on', 'credit_package']),
  platformId: z.string(),
  id: z.string(),
});

/** Makes an add-on or a credit package, or changes one; somebody else's newer edit is never overwritten. */
export const save = staffAction(
  named.partial({ id: true }),
  async (which, { db, actor, now, form }) => {
    const input = readExtra(form, which.kind);
    await saveExtra(db, which, input, features, { actor, now });
    return (await getTranslations('plans'))(which.id ? 'saved' : 'created', { name: input.name });
  },
  { nameOf: nameOfAdds },
);

/** Takes one off the shelf or puts it back; who has it keeps it. */
export const setActive = staffAction(
  named.extend({ active: z.enum(['true', 'false']) }),
  async ({ active, ...which }, { db, actor, now, form }) => {
    const context = { actor, now, revision: revisionOf(form) };
    const name = await setExtraActive(db, which, active === 'true', context);
    return (await getTranslations('plans'))('saved', { name });
  },
);

/** Deletes one that nobody ever bought. */
export const remove = staffAction(
  named.extend({ name: z.string() }),
  async ({ name, ...which }, { db, actor, now, form }) => {
    await deleteExtra(db, which, { actor, now, revision: revisionOf(form) });
    return (await getTranslations('plans'))('deleted', { name });
  },
);
