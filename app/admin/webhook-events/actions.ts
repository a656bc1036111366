'use server';

import { z } from 'zod';
import { replayEvent, replayFailed, setEventAside } from '@/lib/billing/inbox/console';
import { isLiveMode } from '@/lib/env';
import { getTranslations } from '@/lib/i18n/translations';
import { findStripe } from '@/lib/stripe/client';
import { staffAction } from '../context';

const deps = (now: Date) => ({
  stripe: findStripe(),
  livemode: isLiveMode(),
  now,
});

/** Processes one event again. */
export const replay = staffAction(z.object({ id: z.string() }), async ({ id }, { db, actor, now }) => {
  const row = await replayEvent(db, deps(now), id, actor);
  const t = await getTranslations('console.events');
  return t('replayed', { status: t(`statuses.${row.status}`) });
});

/** Processes all that failed again. */
export const replayAll = staffAction(z.object({}), async (_input, { db, actor, now }) => {
  const done = await replayFailed(db, deps(now), actor);
  return (await getTranslations('console.events'))('replayedAll', done);
});

/** Sets one that waits aside, with a reason. */
export const setAside = staffAction(
  z.object({ id: z.string(), reason: z.string().trim().min(1).max(500) }),
  async ({ id, reason }, { db, actor, now }) => {
    await setEventAside(db, id, reason, actor, now);
    return (await getTranslations('console.events'))('ignored');
  },
);
