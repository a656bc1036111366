import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { type Finding, found, type KeyMode, keyMode, type Patient } from '@/lib/doctor-findings';
import { examineDatabase, examineMigrations } from './doctor-database';
import { examineStripe } from './doctor-stripe';
import type { Failure } from './failure';
import { errorTexts } from './i18n/translate-error';
import { countryOfNumber, readVatNumber } from './vat/number';
import { checkWorker } from './worker-check';

/**
 * Looks at an installation and says what is wrong with it. Reads only, here and at Stripe. What cannot be looked at
 * because something before it is broken is left out.
 */
export async function examine(patient: Patient): Promise<Finding[]> {
  const { db, stripe } = patient;
  const mode = keyMode(patient.environment.STRIPE_SECRET_KEY);
  const findings: Finding[] = [];
  const isUp = await examineDatabase(patient, findings);
  const isMigrated = isUp && (await examineMigrations(db, findings));
  findings.push(...examineKey(patient, mode));
  findings.push(examineVat(patient));
  if (stripe) findings.push(...(await examineStripe({ ...patient, stripe, mode, hasTables: isMigrated })));
  if (isMigrated) {
    findings.push(
      ...(await examineWorker(db)),
      ...(await examineEvents(db)),
      ...(await examineEmail(patient, mode)),
    );
    findings.push(await examineStaff(db));
  }
  return findings;
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

/** Without our own number VIES gives no consultation number: nothing proves that we asked (vies.md 5). */
function examineVat({
  environment: { SELLER_VAT_NUMBER: given, SELLER_COUNTRY: country },
}: Patient): Finding {
  if (!given) return found('vat', 'note', 'no_own_number');
  const number = readVatNumber(given);
  if (!number) return found('vat', 'problem', 'bad_own_number', { number: given });
  if (countryOfNumber(number) !== country)
    return found('vat', 'note', 'own_number_elsewhere', { number, country });
  return found('vat', 'ok', 'own_number', { number });
}

/** Every minute a job runs; one that did not for this long was not run by anybody. */
const SILENT_MINUTES = 5;
const LATE_S = 180;

async function examineWorker(db: Db): Promise<Finding[]> {
  const { lag_seconds: seconds, long_running: long, missed } = await checkWorker(db);
  const findings: Finding[] = [];
  const [row] = await db.execute<{ listening: boolean; ran: boolean }>(sql`
    select exists (select from pg_stat_activity
        where datname = current_database() and query ilike 'listen%jobs:insert%') as listening,
      exists (select from job_runs where started_by = 'schedule'
        and started_at > now() - make_interval(mins => ${SILENT_MINUTES})) as ran`);
  if (seconds > LATE_S) findings.push(found('worker', 'problem', 'behind', { seconds }));
  else if (!row?.listening && !row?.ran) findings.push(found('worker', 'problem', 'not_running'));
  for (const { task, minutes } of long)
    findings.push(found('worker', 'problem', 'long_running', { task, minutes }));
  if (missed.length > 0) findings.push(found('worker', 'problem', 'missed', { jobs: missed.join(', ') }));
  return findings.length > 0 ? findings : [found('worker', 'ok', 'running', { seconds })];
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
