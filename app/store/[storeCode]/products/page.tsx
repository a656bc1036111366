import type { Metadata, Route } from 'next';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { EmptyState } from '@/components/ui/empty-state';
import { Money } from '@/components/ui/money';
import { PageHeader } from '@/components/ui/page-header';
import { Pager } from '@/components/ui/pager';
import { type Column, Table } from '@/components/ui/table';
import { productLimit } from '@/lib/catalog/features';
import { listProducts, type Product } from '@/lib/catalog/products';
import { getTranslations } from '@/lib/i18n/translations';
import { findCursor, toPage } from '@/lib/page';
import { storeContext } from '../context';
import { LimitLine } from '../limit-line';
import { AddProduct, DeleteProduct, ImportProducts } from './forms';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('store.products'))('title') };
}

const PAGE = 25;

export default async function ProductsPage({
  params,
  searchParams,
}: PageProps<'/store/[storeCode]/products'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('store.products'),
  ]);
  const { db, store, canWrite } = await storeContext(storeCode, 'read');
  const before = findCursor(query.cursor);
  const { rows, next } = toPage(
    await listProducts(db, store.id, { limit: PAGE + 1, before }),
    PAGE,
    (p) => p.createdAt,
  );
  const locked = canWrite ? undefined : (await getTranslations('common'))('readOnly');
  const path = `/store/${store.code}/products`;
  const columns: Column<Product>[] = [
    { key: 'sku', header: t('sku'), cell: (row) => <span className="font-mono text-sm">{row.sku}</span> },
    { key: 'name', header: t('name'), cell: (row) => <span className="font-medium">{row.name}</span> },
    { key: 'since', header: t('since'), cell: (row) => <DateText value={row.createdAt} style="short" /> },
    {
      key: 'price',
      header: t('price'),
      align: 'right',
      cell: (row) => <Money amount={row.unitAmount} currency={row.currency} />,
    },
    {
      key: 'delete',
      header: <span className="sr-only">{t('delete')}</span>,
      label: '',
      align: 'right',
      cell: (row) => <DeleteProduct storeCode={store.code} product={row} disabledReason={locked} />,
    },
  ];
  return (
    <>
      <PageHeader
        title={t('title')}
        description={<LimitLine storeCode={store.code} feature={productLimit} />}
        actions={
          <>
            <ImportProducts storeCode={store.code} disabledReason={locked} />
            <AddProduct storeCode={store.code} disabledReason={locked} />
          </>
        }
      />
      <Card flush>
        {rows.length > 0 ? (
          <Table caption={t('title')} columns={columns} rows={rows} rowKey={(row) => row.id} />
        ) : (
          <EmptyState icon="products" title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        )}
        <Pager
          first={before ? (path as Route) : undefined}
          next={next ? (`${path}?cursor=${next}` as Route) : undefined}
        />
      </Card>
    </>
  );
}
