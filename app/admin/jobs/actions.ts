'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { DomainError } from '@/lib/errors';
import { getTranslations } from '@/lib/i18n/translations';
import { runJobNow } from '@/lib/jobs';
import { getJobName } from '../change-words';
import { staffAction } from '../context';

/** Runs a job now. Its failure is told, and kept with the run. */
export const runNow = staffAction(z.object({ job: z.string() }), async ({ job }, { viewer }) => {
  const t = await getTranslations('console.jobs');
  try {
    await runJobNow(job, `user:${viewer.userId}`);
    return t('ran', { job: await getJobName(job) });
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    return { status: 'error', message: t('failed', { job: await getJobName(job), error: said }) };
  } finally {
    refresh(); // what was refused too stands in the list
  }
});
