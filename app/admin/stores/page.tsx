import type { Route } from 'next';
import Link from 'next/link';
import { ListPage } from '@/components/ui/list-page';
import { type Column, dateColumn } from '@/components/ui/table';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { listAllStores, type StoreListRow } from '@/lib/tenancy/store-list';
import { listContext, one } from '../context';

export const generateMetadata = pageTitle('merchant.stores', 'title');

const PATH = '/admin/stores' as Route;
const PAGE = 25;

export default async function StoresPage({ searchParams }: PageProps<'/admin/stores'>) {
  const [{ db }, query, t, f] = await listContext(searchParams, 'merchant.stores');
  const search = one(query.search);
  const list = (slice: Slice) => listAllStores(db, { search, ...slice });
  const page = await readPage(query.cursor, PAGE, list, (row) => row.createdAt);
  const columns: Column<StoreListRow>[] = [
    {
      key: 'store',
      header: t('store'),
      cell: (row) => (
        <>
          <Link href={`${PATH}/${row.id}` as Route} prefetch={false} className="stretch font-medium">
            {row.name}
          </Link>
          <span className="block text-sm text-muted">{row.code}</span>
        </>
      ),
    },
    { key: 'merchant', header: t('merchant'), cell: (row) => row.merchantName },
    { key: 'platform', header: t('platform'), cell: (row) => row.platformName },
    dateColumn('since', t('since'), (row) => row.createdAt),
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      filters={[{ kind: 'text', name: 'search', label: f('search'), value: search, hint: f('storeHint') }]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'merchants', title: t('empty'), text: t('emptyText') }}
      path={PATH}
      query={{ search }}
      {...page}
    />
  );
}
