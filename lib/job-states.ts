import { desc } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { jobRuns } from '@/db/schema';
import { nextRun } from './cron-times';
import { type Job, jobs } from './jobs';

export type JobState = Pick<Job, 'name' | 'every'> & {
  nextAt: Date;
  last: typeof jobRuns.$inferSelect | null;
};

/** Every job with its last run and when it runs next. One statement. */
export async function listJobs(db: Db): Promise<JobState[]> {
  const runs = await db
    .selectDistinctOn([jobRuns.job])
    .from(jobRuns)
    .orderBy(jobRuns.job, desc(jobRuns.startedAt));
  return jobs.map((job) => ({
    name: job.name,
    every: job.every,
    nextAt: nextRun(job.cron, new Date()),
    last: runs.find((one) => one.job === job.name) ?? null,
  }));
}
