import type { Metadata, Route } from 'next';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { EmptyState } from '@/components/ui/empty-state';
import { Money } from '@/components/ui/money';
import { PageHeader } from '@/components/ui/page-header';
import { Pager } from '@/components/ui/pager';
import { type Column, Table } from '@/components/ui/table';
import { getTranslations } from '@/lib/i18n/translations';
import { orderQuota } from '@/lib/orders/features';
import { listOrders, type Order } from '@/lib/orders/orders';
import { findCursor, toPage } from '@/lib/page';
import { storeContext } from '../context';
import { LimitLine } from '../limit-line';
import { PlaceOrder } from './place-order';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('store.orders'))('title') };
}

const PAGE = 25;

export default async function OrdersPage({ params, searchParams }: PageProps<'/store/[storeCode]/orders'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('store.orders'),
  ]);
  const { db, store, canWrite } = await storeContext(storeCode, 'read');
  const before = findCursor(query.cursor);
  const { rows, next } = toPage(
    await listOrders(db, store.id, { limit: PAGE + 1, before }),
    PAGE,
    (o) => o.placedAt,
  );
  const path = `/store/${store.code}/orders`;
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
    <>
      <PageHeader
        title={t('title')}
        description={<LimitLine storeCode={store.code} feature={orderQuota} />}
        actions={
          <PlaceOrder
            storeCode={store.code}
            disabledReason={canWrite ? undefined : (await getTranslations('common'))('readOnly')}
          />
        }
      />
      <Card flush>
        {rows.length > 0 ? (
          <Table caption={t('title')} columns={columns} rows={rows} rowKey={(row) => row.id} />
        ) : (
          <EmptyState icon="orders" title={t('empty')}>
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
