import { DateText } from '@/components/ui/date-text';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import type { Column } from '@/components/ui/table';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { orderQuota } from '@/lib/orders/features';
import { listOrders, type Order } from '@/lib/orders/orders';
import { readPage, type Slice } from '@/lib/page';
import { storeContext } from '../context';
import { LimitLine } from '../limit-line';
import { PlaceOrder } from './place-order';

export const generateMetadata = pageTitle('store.orders', 'title');

const PAGE = 25;

export default async function OrdersPage({ params, searchParams }: PageProps<'/store/[storeCode]/orders'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('store.orders'),
  ]);
  const { db, store, canWrite } = await storeContext(storeCode, 'read');
  const list = (slice: Slice) => listOrders(db, store.id, slice);
  const page = await readPage(query.cursor, PAGE, list, (row) => row.placedAt);
  const columns: Column<Order>[] = [
    { key: 'number', header: t('number'), cell: (row) => <span className="font-medium">{row.number}</span> },
    { key: 'date', header: t('date'), cell: (row) => <DateText value={row.placedAt} style="time" /> },
    { key: 'customer', header: t('customer'), cell: (row) => row.customerName },
    {
      key: 'total',
      header: t('total'),
      align: 'right',
      cell: (row) => <Money amount={row.total} currency={row.currency} />,
    },
  ];
  return (
    <ListPage
      title={t('title')}
      description={<LimitLine storeCode={store.code} feature={orderQuota} />}
      actions={
        <PlaceOrder
          storeCode={store.code}
          disabledReason={canWrite ? undefined : (await getTranslations('common'))('readOnly')}
        />
      }
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'orders', title: t('empty'), text: t('emptyText') }}
      path={`/store/${store.code}/orders`}
      {...page}
    />
  );
}
