import type { Route } from 'next';
import Link from 'next/link';
import { DateText } from '@/components/ui/date-text';
import { choice } from '@/components/ui/filter-bar';
import { ActionForm } from '@/components/ui/form';
import { ListPage } from '@/components/ui/list-page';
import { SubmitButton } from '@/components/ui/submit-button';
import type { Column } from '@/components/ui/table';
import { countWaiting, inboxStatuses, listEvents } from '@/lib/billing/inbox/console';
import { handledTypes } from '@/lib/billing/inbox/effects';
import { findMerchantIds } from '@/lib/billing/reports/audit-trail';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { among, listContext, one } from '../context';
import { MerchantLink } from '../merchant-link';
import { replayAll } from './actions';
import { EventError, EventStatus } from './event-status';

export const generateMetadata = pageTitle('console.events', 'title');

const PATH = '/admin/webhook-events' as Route;
const PAGE = 30;
type Row = Awaited<ReturnType<typeof listEvents>>[number];

export default async function EventsPage({ searchParams }: PageProps<'/admin/webhook-events'>) {
  const [{ db, locked }, query, t, f] = await listContext(searchParams, 'console.events');
  const filter = {
    status: among(inboxStatuses, query.status),
    type: one(query.type),
    merchant: one(query.merchant),
  };
  const merchantIds = filter.merchant ? await findMerchantIds(db, filter.merchant) : undefined;
  const { status, type } = filter;
  const list = (slice: Slice) => listEvents(db, { status, type, merchantIds, ...slice });
  const [page, waiting] = await Promise.all([
    readPage(query.cursor, PAGE, list, (row) => row.receivedAt),
    countWaiting(db),
  ]);
  const count = Object.values(waiting).reduce((sum, one_) => sum + one_, 0);
  const columns: Column<Row>[] = [
    {
      key: 'event',
      header: t('event'),
      cell: (row) => (
        <>
          <Link href={`${PATH}/${row.id}` as Route} prefetch={false} className="stretch font-medium">
            {row.type}
          </Link>
          {row.errorCode || row.reason ? (
            <span className="block max-w-prose text-sm break-words text-muted">
              <EventError event={row} />
            </span>
          ) : null}
        </>
      ),
    },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
    },
    { key: 'status', header: t('status'), cell: (row) => <EventStatus status={row.status} /> },
    { key: 'attempts', header: t('attempts'), align: 'right', cell: (row) => row.attempts },
    {
      key: 'received',
      header: t('received'),
      align: 'right',
      cell: (row) => <DateText value={row.receivedAt} style="time" />,
    },
  ];
  return (
    <ListPage
      title={t('title')}
      description={`${t('description')} ${t('waiting', { count })}`}
      actions={
        count > 0 ? (
          <ActionForm action={replayAll}>
            <SubmitButton variant="secondary" disabledReason={locked}>
              {t('replayAll')}
            </SubmitButton>
          </ActionForm>
        ) : null
      }
      filters={[
        choice('status', f('status'), filter.status, inboxStatuses, (value) => t(`statuses.${value}`)),
        choice('type', f('type'), filter.type, handledTypes, (value) => value),
        { kind: 'text', name: 'merchant', label: t('merchantFilter'), value: filter.merchant },
      ]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'inbox', title: t('empty'), text: t('emptyText') }}
      path={PATH}
      query={filter}
      {...page}
    />
  );
}
