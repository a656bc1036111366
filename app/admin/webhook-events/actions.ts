'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { replayEvent, replayFailed, setEventAside } from '@/lib/billing/inbox/console';
import { isLiveMode } from '@/lib/env';
import { getTranslations } from '@/lib/i18n/translations';
import { findStripe } from '@/lib/stripe/client';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';

const deps = (now: Date) => ({
  stripe: findStripe(),
  livemode: isLiveMode(),
  now,
});

/** Processes one event again. */
export async function replay(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({ id: z.string() }), async ({ id }) => {
    const { db, actor, now } = await adminContext();
    const row = await replayEvent(db, deps(now), id, actor);
    refresh();
    const t = await getTranslations('console.events');
    return t('replayed', { status: t(`statuses.${row.status}`) });
  });
}

/** Processes all that failed again. */
export async function replayAll(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({}), async () => {
    const { db, actor, now } = await adminContext();
    const done = await replayFailed(db, deps(now), actor);
    refresh();
    return (await getTranslations('console.events'))('replayedAll', done);
  });
}

/** Sets one that waits aside, with a reason. */
export async function setAside(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    z.object({ id: z.string(), reason: z.string().trim().min(1).max(500) }),
    async ({ id, reason }) => {
      const { db, actor, now } = await adminContext();
      await setEventAside(db, id, reason, actor, now);
      refresh();
      return (await getTranslations('console.events'))('ignored');
    },
  );
}
