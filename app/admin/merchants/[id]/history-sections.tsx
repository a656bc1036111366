import type { Route } from 'next';
import Link from 'next/link';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { Disclosure } from '@/components/ui/disclosure';
import { type Column, Table } from '@/components/ui/table';
import { useTranslations } from '@/lib/i18n/translations';
import { BeforeAfter } from '../../before-after';
import { useChangeWords } from '../../change-words';
import { EventStatus } from '../../webhook-events/event-status';
import type { MerchantPage } from './load';

type Event = MerchantPage['events'][number];
type Entry = MerchantPage['audit'][number];

/** The last that Stripe told about this merchant. */
export function EventsSection({ page }: { page: MerchantPage }) {
  const t = useTranslations('merchant.page');
  const e = useTranslations('console.events');
  const columns: Column<Event>[] = [
    {
      key: 'event',
      header: e('event'),
      cell: (row) => (
        <Link href={`/admin/webhook-events/${row.id}` as Route} prefetch={false} className="stretch">
          {row.type}
        </Link>
      ),
    },
    { key: 'status', header: e('status'), cell: (row) => <EventStatus status={row.status} /> },
    {
      key: 'received',
      header: e('received'),
      align: 'right',
      cell: (row) => <DateText value={row.receivedAt} style="time" />,
    },
  ];
  return (
    <Card
      id="events"
      title={t('events')}
      flush
      actions={
        <Link
          href={`/admin/webhook-events?merchant=${page.merchant.id}` as Route}
          prefetch={false}
          className="link"
        >
          {t('allEvents')}
        </Link>
      }
    >
      {page.events.length > 0 ? (
        <Table caption={t('events')} columns={columns} rows={page.events} rowKey={(row) => row.id} />
      ) : (
        <p className="px-4 pb-3 text-muted sm:px-6">{t('noEvents')}</p>
      )}
    </Card>
  );
}

/** Who changed what of this merchant lately. */
export function AuditSection({ page }: { page: MerchantPage }) {
  const t = useTranslations('merchant.page');
  const a = useTranslations('console.audit');
  const words = useChangeWords();
  const columns: Column<Entry>[] = [
    { key: 'at', header: a('at'), cell: (row) => <DateText value={row.at} style="time" /> },
    { key: 'who', header: a('who'), cell: (row) => row.actorName ?? a(`actors.${row.actorKind}`) },
    {
      key: 'what',
      header: a('what'),
      cell: (row) => (
        <>
          <span className="font-medium" title={row.action}>
            {words.action(row.action)}
          </span>
          {row.reason ? (
            <span className="block text-sm text-muted">{a('reason', { reason: row.reason })}</span>
          ) : null}
        </>
      ),
    },
    {
      key: 'change',
      header: a('change'),
      cell: (row) =>
        row.before || row.after ? (
          <Disclosure
            summary={
              <>
                {t('show')} <span className="sr-only">{words.action(row.action)}</span>
              </>
            }
          >
            <BeforeAfter before={row.before} after={row.after} />
          </Disclosure>
        ) : null,
    },
  ];
  return (
    <Card
      id="audit"
      title={t('audit')}
      flush
      actions={
        <Link href={`/admin/audit?merchant=${page.merchant.id}` as Route} prefetch={false} className="link">
          {t('allAudit')}
        </Link>
      }
    >
      {page.audit.length > 0 ? (
        <Table caption={t('audit')} columns={columns} rows={page.audit} rowKey={(row) => row.id} />
      ) : (
        <p className="px-4 pb-3 text-muted sm:px-6">{t('noAudit')}</p>
      )}
    </Card>
  );
}
