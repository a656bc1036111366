import type { Metadata } from 'next';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { ActionForm } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Column, Table } from '@/components/ui/table';
import { getTranslations } from '@/lib/i18n/translations';
import { type JobState, listJobs } from '@/lib/jobs';
import { staffContext } from '../context';
import { runNow } from './actions';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('console.jobs'))('title') };
}

export default async function JobsPage() {
  const [{ db, locked }, t] = await Promise.all([staffContext(), getTranslations('console.jobs')]);
  const columns: Column<JobState>[] = [
    { key: 'job', header: t('job'), cell: (row) => <span className="font-mono text-sm">{row.name}</span> },
    {
      key: 'schedule',
      header: t('schedule'),
      cell: (row) => (
        <>
          {t(`every.${row.every}`)}
          <span className="block text-sm text-muted">
            <DateText value={row.nextAt} style="time" />
          </span>
        </>
      ),
    },
    {
      key: 'last',
      header: t('last'),
      cell: (row) => (row.last ? <DateText value={row.last.startedAt} style="time" /> : t('never')),
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
            <span className="mt-1 block max-w-md truncate text-xs text-muted">
              {row.last.error ?? (row.last.result ? JSON.stringify(row.last.result) : '')}
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
            <span className="sr-only">{row.name}</span>
          </SubmitButton>
        </ActionForm>
      ),
    },
  ];
  return (
    <>
      <PageHeader title={t('title')} description={t('description')} />
      <Card flush>
        <Table caption={t('title')} columns={columns} rows={await listJobs(db)} rowKey={(row) => row.name} />
      </Card>
    </>
  );
}
