import { useFeatureName } from '@/components/billing/feature-words';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { ActionForm } from '@/components/ui/form';
import { getFormat } from '@/components/ui/format';
import { ListPage } from '@/components/ui/list-page';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Column, Table } from '@/components/ui/table';
import { listUsageDrifts, type UsageDrift } from '@/lib/billing/entitlements/usage';
import { sayFacts } from '@/lib/i18n/facts';
import { getTranslations, pageTitle, useTranslations } from '@/lib/i18n/translations';
import { type JobState, listJobs } from '@/lib/job-states';
import { useChangeWords } from '../change-words';
import { staffContext } from '../context';
import { MerchantLink } from '../merchant-link';
import { runNow } from './actions';

export const generateMetadata = pageTitle('console.jobs', 'title');

export default async function JobsPage() {
  const [{ db, locked }, t, format] = await Promise.all([
    staffContext(),
    getTranslations('console.jobs'),
    getFormat(),
  ]);
  const startedBy = (who: string) =>
    who === 'schedule' || who === 'local_clock' ? t('bySchedule') : t('byHand');
  const columns: Column<JobState>[] = [
    { key: 'job', header: t('job'), cell: (row) => <JobName code={row.name} /> },
    {
      key: 'schedule',
      header: t('schedule'),
      cell: (row) => (
        <>
          {t(`every.${row.every}`)}
          <span className="block text-sm text-muted">
            {t('next', { date: format.date(row.nextAt, 'time') })}
          </span>
        </>
      ),
    },
    {
      key: 'last',
      header: t('last'),
      cell: (row) =>
        row.last ? (
          <>
            <DateText value={row.last.startedAt} style="time" />
            <span className="block text-sm text-muted">{startedBy(row.last.startedBy)}</span>
          </>
        ) : (
          t('never')
        ),
    },
    {
      key: 'result',
      header: t('result'),
      cell: (row) =>
        row.last ? (
          <>
            <Badge
              tone={row.last.outcome === 'ok' ? 'ok' : row.last.outcome === 'failed' ? 'danger' : 'accent'}
            >
              {row.last.outcome === 'ok' ? t('ok') : row.last.outcome === 'failed' ? t('bad') : t('running')}
            </Badge>
            <span className="mt-1 block max-w-md text-sm break-words text-muted">
              <JobResult run={row.last} />
            </span>
          </>
        ) : (
          '–'
        ),
    },
    {
      key: 'run',
      header: <span className="sr-only">{t('run')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (
        <ActionForm action={runNow} fields={{ job: row.name }}>
          <SubmitButton variant="secondary" size="sm" disabledReason={locked}>
            {t('run')}
            <span className="sr-only">
              <JobName code={row.name} />
            </span>
          </SubmitButton>
        </ActionForm>
      ),
    },
  ];
  return (
    <>
      <ListPage
        title={t('title')}
        description={t('description')}
        path="/admin/jobs"
        columns={columns}
        rows={await listJobs(db)}
        rowKey={(row) => row.name}
      />
      <Drifts rows={await listUsageDrifts(db)} />
    </>
  );
}

/** What a job does, in words; its own name is the title. */
function JobName({ code }: { code: string }) {
  const words = useChangeWords();
  return (
    <span className="font-medium" title={code}>
      {words.job(code)}
    </span>
  );
}

/** What a run did, in counts, or why it failed; what did not happen is left out. */
function JobResult({ run: { result, errorCode, errorDetails } }: { run: NonNullable<JobState['last']> }) {
  const t = useTranslations('console.jobs');
  const words = useChangeWords();
  return errorCode ? words.failure({ errorCode, errorDetails }) : sayFacts(result) || t('nothing');
}

/** Counters that the check found wrong: what they said, what there was, and whose they are. */
function Drifts({ rows }: { rows: UsageDrift[] }) {
  const t = useTranslations('console.jobs.drifts');
  const name = useFeatureName();
  const columns: Column<UsageDrift>[] = [
    { key: 'at', header: t('at'), cell: (row) => <DateText value={row.at} style="time" /> },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
    },
    { key: 'feature', header: t('feature'), cell: (row) => name(row.featureCode) },
    { key: 'counted', header: t('counted'), align: 'right', cell: (row) => row.counted },
    { key: 'live', header: t('live'), align: 'right', cell: (row) => row.live },
  ];
  if (rows.length === 0) return null;
  return (
    <Card title={t('title')} flush>
      <Table caption={t('title')} columns={columns} rows={rows} rowKey={(row) => row.id} />
    </Card>
  );
}
