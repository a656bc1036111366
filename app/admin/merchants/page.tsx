import type { Route } from 'next';
import Link from 'next/link';
import { StatusBadge } from '@/components/billing/status-badge';
import { Badge } from '@/components/ui/badge';
import { ListPage } from '@/components/ui/list-page';
import { type Column, dateColumn } from '@/components/ui/table';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { listMerchants, type MerchantListRow } from '@/lib/tenancy/merchant-list';
import { listContext, one } from '../context';

export const generateMetadata = pageTitle('console.merchants', 'title');

const PATH = '/admin/merchants' as Route;
const PAGE = 25;

export default async function MerchantsPage({ searchParams }: PageProps<'/admin/merchants'>) {
  const [{ db }, query, t, f] = await listContext(searchParams, 'console.merchants');
  const search = one(query.search);
  const list = (slice: Slice) => listMerchants(db, { search, ...slice });
  const page = await readPage(query.cursor, PAGE, list, (row) => row.createdAt);
  const columns: Column<MerchantListRow>[] = [
    {
      key: 'name',
      header: t('name'),
      cell: (row) => (
        <>
          <Link href={`/admin/merchants/${row.id}` as Route} prefetch={false} className="stretch font-medium">
            {row.name}
          </Link>
          {row.closedAt ? null : <span className="block text-sm text-muted">{row.email}</span>}
        </>
      ),
    },
    { key: 'stores', header: t('stores'), cell: (row) => row.storeCodes.join(', ') || '–' },
    {
      key: 'plans',
      header: t('plans'),
      cell: (row) => (
        <span className="flex flex-wrap gap-x-3 gap-y-1">
          {row.closedAt ? <Badge>{t('closed')}</Badge> : null}
          {row.subscriptions.length === 0 ? <span className="text-muted">{t('none')}</span> : null}
          {row.subscriptions.map((one_) => (
            <span key={one_.platform}>
              {one_.tier} <StatusBadge status={one_.status} ending={one_.ending} />
            </span>
          ))}
        </span>
      ),
    },
    { key: 'country', header: t('country'), cell: (row) => row.country ?? '–' },
    dateColumn('since', t('since'), (row) => row.createdAt),
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      filters={[{ kind: 'text', name: 'search', label: f('search'), value: search, hint: f('searchHint') }]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'merchants', title: t('empty'), text: t('emptyText') }}
      path={PATH}
      query={{ search }}
      {...page}
    />
  );
}
