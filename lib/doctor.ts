import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Db } from '@/db/client';
import { causeOf, type Finding, found, type KeyMode, keyMode, type Patient } from '@/lib/doctor-findings';
import { examineStripe } from './doctor-stripe';
import type { Failure } from './failure';
import { checkWorker } from './health';
import { errorTexts } from './i18n/translate-error';

/**
 * Looks at an installation and says what is wrong with it. Reads only, here and at Stripe. What cannot be looked at
 * because something before it is broken is left out.
 */
export async function examine(patient: Patient): Promise<Finding[]> {
  const { db, stripe } = patient;
  const mode = keyMode(patient.environment.STRIPE_SECRET_KEY);
  const findings: Finding[] = [];
  const isUp = await examineDatabase(db, findings);
  const isMigrated = isUp && (await examineMigrations(db, findings));
  findings.push(...examineKey(patient, mode));
  if (stripe) findings.push(...(await examineStripe({ ...patient, stripe, mode, hasTables: isMigrated })));
  if (isMigrated) {
    findings.push(
      await examineWorker(db),
      ...(await examineEvents(db)),
      ...(await examineEmail(patient, mode)),
    );
    findings.push(await examineStaff(db));
  }
  return findings;
}

/** PostgreSQL 15 is the oldest that the migrations are made for. */
const OLDEST = 150_000;

async function examineDatabase(db: Db, findings: Finding[]): Promise<boolean> {
  try {
    const [row] = await db.execute<{ version: string; number: number }>(
      sql`select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
    );
    const facts = { version: row?.version ?? '' };
    findings.push(
      (row?.number ?? 0) < OLDEST
        ? found('database', 'problem', 'too_old', facts)
        : found('database', 'ok', 'reachable', facts),
    );
    return true;
  } catch (error) {
    findings.push(found('database', 'problem', 'unreachable', { detail: causeOf(error) }));
    return false;
  }
}

async function examineMigrations(db: Db, findings: Finding[]): Promise<boolean> {
  const files = readMigrationFiles({
    migrationsFolder: fileURLToPath(new URL('../db/migrations', import.meta.url)),
  });
  const [there] = await db.execute<{ ours: boolean; worker: boolean }>(sql`
    select to_regclass('drizzle.__drizzle_migrations') is not null as ours,
      to_regclass('graphile_worker.jobs') is not null as worker`);
  const [last] = there?.ours
    ? await db.execute<{ at: string | null }>(
        sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`,
      )
    : [];
  const applied = Number(last?.at ?? 0);
  const missing = files.filter((file) => file.folderMillis > applied).length;
  const newest = files.at(-1)?.folderMillis ?? 0;
  if (missing > 0 || !there?.worker)
    findings.push(found('migrations', 'problem', 'behind', { missing: Math.max(missing, 1) }));
  else if (applied > newest) findings.push(found('migrations', 'problem', 'ahead'));
  else findings.push(found('migrations', 'ok', 'up_to_date', { count: files.length }));
  return missing === 0 && there?.worker === true;
}

function examineKey({ environment, isProduction }: Patient, mode: KeyMode): Finding[] {
  if (mode === 'none') return [found('key', 'problem', 'none')];
  if (mode === 'unknown') return [found('key', 'problem', 'not_a_secret_key')];
  const findings: Finding[] = [];
  if (mode === 'live' && !isProduction) findings.push(found('key', 'problem', 'live_outside_production'));
  if (mode === 'live' && !environment.APP_URL.startsWith('https://'))
    findings.push(found('key', 'problem', 'live_without_https', { url: environment.APP_URL }));
  if (mode === 'test' && isProduction) findings.push(found('key', 'note', 'test_in_production'));
  // Nothing of ours uses it yet; whoever sets both means the same account.
  const publishable = /^pk_(live|test)_/.exec(environment.STRIPE_PUBLISHABLE_KEY ?? '')?.[1];
  if (environment.STRIPE_PUBLISHABLE_KEY && mode !== 'local' && publishable !== mode)
    findings.push(found('key', 'problem', 'publishable_of_other_mode', { mode }));
  return findings.length > 0 ? findings : [found('key', 'ok', mode)];
}

/** Every minute a job runs; one that did not for this long was not run by anybody. */
const SILENT_MINUTES = 5;

async function examineWorker(db: Db): Promise<Finding> {
  const { status, lag_seconds: lag = 0 } = await checkWorker(db);
  if (status !== 'ok') return found('worker', 'problem', 'behind', { seconds: lag });
  const [row] = await db.execute<{ listening: boolean; ran: boolean }>(sql`
    select exists (select from pg_stat_activity
        where datname = current_database() and query ilike 'listen%jobs:insert%') as listening,
      exists (select from job_runs where started_by = 'schedule'
        and started_at > now() - make_interval(mins => ${SILENT_MINUTES})) as ran`);
  return row?.listening || row?.ran
    ? found('worker', 'ok', 'running', { seconds: lag })
    : found('worker', 'problem', 'not_running');
}

async function examineEvents(db: Db): Promise<Finding[]> {
  const [row] = await db.execute<{ failed: number; dead: number; last: Failure | null }>(sql`
    select count(*) filter (where status = 'failed')::int as failed,
      count(*) filter (where status = 'dead')::int as dead,
      (array_agg(jsonb_build_object('errorCode', error_code, 'errorDetails', coalesce(error_details, '{}'))
        order by received_at desc))[1] as last
    from webhook_events where status in ('failed', 'dead')`);
  const { failed = 0, dead = 0 } = row ?? {};
  const findings: Finding[] = [];
  const error = row?.last?.errorCode ? (errorTexts('en').failure(row.last).split('\n')[0] ?? '') : '';
  if (dead > 0) findings.push(found('events', 'problem', 'dead', { count: dead, error }));
  if (failed > 0) findings.push(found('events', 'problem', 'failed', { count: failed, error }));
  return findings.length > 0 ? findings : [found('events', 'ok', 'none_waiting')];
}

async function examineEmail({ db, environment }: Patient, mode: KeyMode): Promise<Finding[]> {
  const [row] = await db.execute<{ failed: number; error: string | null }>(sql`
    select count(*)::int as failed, (array_agg(error order by created_at desc))[1] as error
    from emails where status = 'failed' and created_at > now() - interval '7 days'`);
  if (!environment.SMTP_URL) {
    // A shop window needs none; whoever takes money must be able to tell people of a failed payment.
    return [found('email', mode === 'live' ? 'problem' : 'note', 'not_configured')];
  }
  return row && row.failed > 0
    ? [found('email', 'problem', 'failed', { count: row.failed, error: row.error?.split('\n')[0] ?? '' })]
    : [found('email', 'ok', 'configured')];
}

async function examineStaff(db: Db): Promise<Finding> {
  const [row] = await db.execute<{ admins: number }>(
    sql`select count(*)::int as admins from users where staff_role = 'admin' and disabled_at is null`,
  );
  const admins = row?.admins ?? 0;
  return admins === 0
    ? found('staff', 'problem', 'no_admin')
    : found('staff', 'ok', 'has_admin', { count: admins });
}
