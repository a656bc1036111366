'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { DomainError } from '@/lib/errors';
import { getTranslations } from '@/lib/i18n/translations';
import { runJobNow } from '@/lib/jobs';
import { attempt } from '../../form-answer';
import { getJobName } from '../change-words';
import { adminContext } from '../context';

/** Runs a job now. Its failure is told, and kept with the run. */
export async function runNow(_state: FormState, form: FormData): Promise<FormState> {
  let failure: string | undefined;
  const answer = await attempt(form, z.object({ job: z.string() }), async ({ job }) => {
    const { viewer } = await adminContext();
    const t = await getTranslations('console.jobs');
    try {
      await runJobNow(job, `user:${viewer.userId}`);
      return t('ran', { job: await getJobName(job) });
    } catch (error) {
      if (error instanceof DomainError) throw error;
      const said = error instanceof Error ? error.message : String(error);
      failure = t('failed', { job: await getJobName(job), error: said });
      return failure;
    } finally {
      refresh();
    }
  });
  return failure ? { status: 'error', message: failure } : answer;
}
