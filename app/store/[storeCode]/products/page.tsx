import { DateText } from '@/components/ui/date-text';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import type { Column } from '@/components/ui/table';
import { productLimit } from '@/lib/catalog/features';
import { listProducts, type Product } from '@/lib/catalog/products';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { storeContext } from '../context';
import { LimitLine } from '../limit-line';
import { AddProduct, DeleteProduct, ImportProducts } from './forms';

export const generateMetadata = pageTitle('store.products', 'title');

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
  const list = (slice: Slice) => listProducts(db, store.id, slice);
  const page = await readPage(query.cursor, PAGE, list, (row) => row.createdAt);
  const locked = canWrite ? undefined : (await getTranslations('common'))('readOnly');
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
    <ListPage
      title={t('title')}
      description={<LimitLine storeCode={store.code} feature={productLimit} />}
      actions={
        <>
          <ImportProducts storeCode={store.code} disabledReason={locked} />
          <AddProduct storeCode={store.code} disabledReason={locked} />
        </>
      }
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'products', title: t('empty'), text: t('emptyText') }}
      path={`/store/${store.code}/products`}
      {...page}
    />
  );
}
