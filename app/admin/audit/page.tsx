import type { Route } from 'next';
import { DateText } from '@/components/ui/date-text';
import { choice } from '@/components/ui/filter-bar';
import { ListPage } from '@/components/ui/list-page';
import { withQuery } from '@/components/ui/pager';
import type { Column } from '@/components/ui/table';
import { actorKinds } from '@/lib/billing/audit';
import { type AuditRow, listAudit } from '@/lib/billing/reports/audit-trail';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { BeforeAfter } from '../before-after';
import { listKnown, loadOfferNames } from '../change-words';
import { listContext } from '../context';
import { MerchantLink } from '../merchant-link';
import { readAuditFilter } from './filter';
import { What, Who } from './row';

export const generateMetadata = pageTitle('console.audit', 'title');

const PATH = '/admin/audit' as Route;
const PAGE = 30;

export default async function AuditPage({ searchParams }: PageProps<'/admin/audit'>) {
  const [{ db }, query, t, f] = await listContext(searchParams, 'console.audit');
  const { shown, filter, wrong } = await readAuditFilter(db, query);
  const list = (slice: Slice) => listAudit(db, { ...filter, ...slice });
  const [page, names] = await Promise.all([
    readPage(query.cursor, PAGE, list, (row) => row.at),
    loadOfferNames(),
  ]);
  const known = await listKnown();
  const isFiltered = Object.values(shown).some(Boolean);
  const badDay = (isWrong: boolean) => (isWrong ? f('badDay') : undefined);
  const columns: Column<AuditRow>[] = [
    { key: 'at', header: t('at'), cell: (row) => <DateText value={row.at} style="time" /> },
    { key: 'who', header: t('who'), cell: (row) => <Who row={row} /> },
    { key: 'what', header: t('what'), cell: (row) => <What row={row} names={names} /> },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
    },
    {
      key: 'change',
      header: t('change'),
      cell: (row) => (row.before || row.after ? <BeforeAfter before={row.before} after={row.after} /> : null),
    },
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      exportHref={withQuery('/admin/audit/export', shown)}
      filters={[
        { kind: 'choice', name: 'action', label: t('what'), value: shown.action, options: known.actions },
        {
          kind: 'choice',
          name: 'entity',
          label: t('entity'),
          value: shown.entity,
          options: known.entities,
        },
        { kind: 'text', name: 'merchant', label: t('merchantFilter'), value: shown.merchant },
        { kind: 'text', name: 'actor', label: t('whoFilter'), value: shown.actor },
        choice('by', t('by'), shown.by, actorKinds, (value) => t(`actors.${value}`)),
        { kind: 'date', name: 'from', label: f('from'), value: shown.from, wrong: badDay(wrong.from) },
        { kind: 'date', name: 'to', label: f('to'), value: shown.to, wrong: badDay(wrong.to) },
      ]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{
        icon: 'audit',
        title: t(isFiltered ? 'noMatch' : 'empty'),
        text: t(isFiltered ? 'noMatchText' : 'emptyText'),
      }}
      path={PATH}
      query={shown}
      {...page}
    />
  );
}
