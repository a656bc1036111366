import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { jobRuns } from '@/db/schema';
import { retryDueEvents } from '@/lib/billing/inbox/retry';
import { endGivenPlans } from './billing/account/given-plans';
import { openMonths } from './billing/account/months';
import { announceTrialEnds, expireTrials } from './billing/account/trial-end';
import { taxRules } from './billing/customers/tax';
import { askForVatChecks, checkVatNumber } from './billing/customers/vat-check';
import { weighTax } from './billing/customers/weigh-tax';
import { sweepOverLimits } from './billing/entitlements/over-limits';
import { reconcileUsage } from './billing/entitlements/usage';
import { takeMissedEvents } from './billing/inbox/missed-events';
import { reconcileStripe } from './billing/inbox/reconcile';
import { syncLiveSubscriptions } from './billing/mirror/live-subscriptions';
import { endAddOns } from './billing/subscriptions/add-on-cancellation';
import { cleanUpStale } from './billing/subscriptions/cleanup';
import { database } from './database';
import { sendEmail } from './emails/send';
import { env, isLiveMode } from './env';
import { DomainError, NotFound } from './errors';
import { type Failure, failureOf } from './failure';
import { features } from './features';
import { log } from './log';
import { pruneIdempotencyKeys } from './once';
import { findStripe, withPatience } from './stripe/client';
import { expireInvitations } from './tenancy/invitations';
import { erasePersonalData } from './tenancy/personal-data';
import { businessNow } from './time';

export type JobContext = { now: Date; stripe: Stripe | null; livemode: boolean };

/** One scheduled job: its cron line (UTC) and the verb it runs. Each is safe to run twice and on several nodes. */
export type Job = {
  name: string;
  cron: string;
  every: 'minute' | 'hour' | 'day' | 'week';
  run(db: Db, context: JobContext): Promise<unknown>;
};

/** 502: Stripe could not be asked about some merchants; the others are compared. */
class NotAllCompared extends DomainError {
  constructor(details: { compared: number; failed: number; merchants: string[] }) {
    super('bad_gateway', 'not_all_compared', details);
  }
}

/** Every job and its schedule: the one list. */
export const jobs: readonly Job[] = [
  {
    name: 'retry_webhook_events',
    cron: '* * * * *',
    every: 'minute',
    run: (db, context) => retryDueEvents(db, context),
  },
  {
    name: 'check_trial_expirations',
    cron: '15 0 * * *',
    every: 'day',
    run: async (db, { now }) => ({
      ...(await expireTrials(db, now)),
      ...(await endGivenPlans(db, now)),
      ...(await announceTrialEnds(db, now)),
    }),
  },
  {
    name: 'reset_period_counters',
    cron: '5 0 * * *',
    every: 'day',
    run: async (db, { now }) => ({
      ...(await openMonths(db, now)),
      forgotten: await pruneIdempotencyKeys(db),
    }),
  },
  {
    name: 'reconcile_usage',
    cron: '35 2 * * *',
    every: 'day',
    run: (db, { now }) => reconcileUsage(db, features, now),
  },
  {
    name: 'sweep_over_limits',
    cron: '50 * * * *',
    every: 'hour',
    run: (db, { now }) => sweepOverLimits(db, features, now),
  },
  {
    name: 'expire_invitations',
    cron: '10 * * * *',
    every: 'hour',
    run: (db, { now }) => expireInvitations(db, now),
  },
  {
    name: 'sync_stripe_status',
    cron: '25 * * * *',
    every: 'hour',
    // What Stripe could not deliver since the last run, and the objects that those events name: nothing else is read.
    run: async (db, { now, stripe, livemode }) => {
      if (!stripe) return { skipped: 'payments are not configured' };
      const since = await lastSuccess(db, 'sync_stripe_status');
      return {
        missedEvents: await takeMissedEvents(db, stripe, { now, livemode, since, undelivered: true }),
      };
    },
  },
  {
    name: 'compare_stripe',
    cron: '40 1 * * *',
    every: 'day',
    run: async (db, { now, stripe, livemode }) => {
      if (!stripe) return { skipped: 'payments are not configured' };
      const actor = { kind: 'job', id: 'compare_stripe' } as const;
      const since = await lastSuccess(db, 'compare_stripe');
      const report = await reconcileStripe(db, stripe, { now, livemode, actor, living: true, since });
      const { failed, merchants } = report;
      // What could be compared is done and kept; the run says that not all could.
      if (failed.length > 0)
        throw new NotAllCompared({
          compared: merchants,
          failed: failed.length,
          merchants: failed.slice(0, 20),
        });
      return report;
    },
  },
  {
    name: 'check_vat_numbers',
    cron: '20 * * * *',
    every: 'hour',
    run: (db, { now }) =>
      askForVatChecks(db, { actor: { kind: 'job', id: 'check_vat_numbers' }, now, tax: taxRules() }),
  },
  {
    name: 'cleanup_stale_subscriptions',
    cron: '45 3 * * 0',
    every: 'week',
    run: (db, { now }) => cleanUpStale(db, now),
  },
];

const MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** Runs one job now and keeps the run. @throws NotFound, and what the job throws (kept with the run) */
export async function runJobNow(name: string, startedBy = 'command'): Promise<unknown> {
  const job = jobs.find((one) => one.name === name);
  if (!job) throw new NotFound('job', name);
  const db = database();
  return runJob(db, job, { ...contextOf(), now: await businessNow(db) }, startedBy);
}

/**
 * Runs the jobs that fell due up to `now` in business time, each once: what local Stripe's clock asks for after a step.
 * A failing job is recorded and does not keep the others from running.
 */
export async function runDueJobs(db: Db, now: Date): Promise<string[]> {
  const ran: string[] = [];
  for (const job of jobs) {
    const [last] = await db
      .select({ at: jobRuns.at })
      .from(jobRuns)
      .where(eq(jobRuns.job, job.name))
      .orderBy(desc(jobRuns.startedAt))
      .limit(1);
    if (last && now.getTime() - last.at.getTime() < MS[job.every]) continue;
    ran.push(job.name);
    await runJob(db, job, { ...contextOf(), now }, 'local_clock').catch(() => {});
  }
  return ran;
}

/** When a job last ended well, in business time. */
async function lastSuccess(db: Db, name: string): Promise<Date | null> {
  const [last] = await db
    .select({ at: jobRuns.at })
    .from(jobRuns)
    .where(and(eq(jobRuns.job, name), eq(jobRuns.outcome, 'ok')))
    .orderBy(desc(jobRuns.startedAt))
    .limit(1);
  return last?.at ?? null;
}

/** Stripe as this process reaches it. */
export const contextOf = () => ({
  stripe: findStripe(),
  livemode: isLiveMode(),
});

/** How long a job waits, at each call, for Stripe's rate limit to pass. */
export const PATIENCE_MS = 120_000;

/** Runs a job and keeps the run. @throws what the job throws, kept with the run */
export async function runJob(db: Db, job: Job, context: JobContext, startedBy: string): Promise<unknown> {
  const id = newId('run');
  await db.insert(jobRuns).values({ id, job: job.name, at: context.now, startedBy });
  try {
    const result = await withPatience(PATIENCE_MS, () => job.run(db, context));
    await finish(db, id, { outcome: 'ok', result: result ?? null });
    if (job.every === 'minute') await forgetMinutes(db, job.name);
    return result;
  } catch (error) {
    log.error({ err: error, job: job.name }, 'job failed');
    await finish(db, id, { outcome: 'failed', ...failureOf(error) });
    throw error;
  }
}

/** What runs every minute keeps an hour of its runs: a day would be 1440 rows that say the same. */
async function forgetMinutes(db: Db, name: string): Promise<void> {
  await db
    .delete(jobRuns)
    .where(and(eq(jobRuns.job, name), lt(jobRuns.startedAt, sql`now() - interval '1 hour'`)));
}

async function finish(
  db: Db,
  id: string,
  result: { outcome: 'ok'; result: unknown } | ({ outcome: 'failed' } & Failure),
) {
  await db
    .update(jobRuns)
    .set({ ...result, finishedAt: sql`now()` })
    .where(eq(jobRuns.id, id));
}

/** Work that a transaction queued (lib/queue), by name. */
export const tasks: Record<string, (db: Db, payload: unknown, context: JobContext) => Promise<unknown>> = {
  end_add_ons: (db, payload, context) =>
    endAddOns(
      db,
      context.stripe,
      z.object({ merchantId: z.string(), platformId: z.string() }).parse(payload),
      {
        actor: { kind: 'job', id: 'end_add_ons' },
        now: context.now,
      },
    ),
  apply_tax_treatment: (db, payload, context) => {
    const { merchantId, look } = z
      .object({ merchantId: z.string(), look: z.boolean().optional() })
      .parse(payload);
    const act = {
      actor: { kind: 'job', id: 'apply_tax_treatment' } as const,
      now: context.now,
      tax: taxRules(),
    };
    return weighTax(db, context.stripe, merchantId, act, { look });
  },
  check_vat_number: (db, payload, context) =>
    checkVatNumber(
      db,
      context.stripe,
      z.object({ merchantId: z.string() }).parse(payload).merchantId,
      { url: env().VIES_URL, ownNumber: env().SELLER_VAT_NUMBER },
      { actor: { kind: 'job', id: 'check_vat_number' }, now: context.now, tax: taxRules() },
    ),
  sync_subscriptions: async (db, payload, { stripe, now }) => {
    if (!stripe) return { skipped: 'payments are not configured' };
    const { merchantId } = z.object({ merchantId: z.string() }).parse(payload);
    const actor = { kind: 'job', id: 'sync_subscriptions' } as const;
    return { subscriptions: await syncLiveSubscriptions(db, stripe, merchantId, { actor, now }) };
  },
  erase_personal_data: (db, payload, context) =>
    erasePersonalData(db, z.object({ merchantId: z.string() }).parse(payload).merchantId, context),
  send_email: (db, payload) =>
    sendEmail(db, z.object({ id: z.string() }).parse(payload).id, {
      smtpUrl: env().SMTP_URL,
      appUrl: env().APP_URL,
    }),
};
