import type { Route } from 'next';
import { DateText } from '@/components/ui/date-text';
import { choice } from '@/components/ui/filter-bar';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import type { Column } from '@/components/ui/table';
import { findMerchantIds } from '@/lib/billing/reports/audit-trail';
import {
  invoiceViews,
  type ListedInvoice,
  listAllInvoices,
  listOddNumbers,
  listUntaxed,
} from '@/lib/billing/reports/invoice-list';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { among, one, staffContext } from '../context';
import { MerchantLink } from '../merchant-link';
import { OddNumbersCard, UntaxedCard } from './for-a-person';
import { VatCell } from './vat-cell';

export const generateMetadata = pageTitle('console.invoices', 'title');

const PATH = '/admin/invoices' as Route;
const PAGE = 30;

/** All invoices; what went out without VAT, and what a person is to decide about it. */
export default async function InvoicesPage({ searchParams }: PageProps<'/admin/invoices'>) {
  const [{ db, locked, now }, query, t] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('console.invoices'),
  ]);
  const filter = { view: among(invoiceViews, query.view), merchant: one(query.merchant) };
  const { view } = filter;
  const merchantIds = filter.merchant ? await findMerchantIds(db, filter.merchant) : undefined;
  const list = (slice: Slice) => listAllInvoices(db, { view, merchantIds, ...slice });
  const isForAPerson = view === 'vat_to_decide';
  const [page, untaxed, odd] = await Promise.all([
    readPage(query.cursor, PAGE, list, (row) => row.issuedAt),
    isForAPerson ? listUntaxed(db) : [],
    isForAPerson ? listOddNumbers(db, now) : [],
  ]);
  const columns: Column<ListedInvoice>[] = [
    {
      key: 'invoice',
      header: t('number'),
      cell: (row) => (
        <a href={`/invoices/${row.id}`} target="_blank" rel="noreferrer" className="link">
          {row.number ?? t('draft')}
        </a>
      ),
    },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
    },
    { key: 'date', header: t('date'), cell: (row) => <DateText value={row.issuedAt} /> },
    { key: 'status', header: t('status'), cell: (row) => t(`statuses.${row.status}`) },
    {
      key: 'total',
      header: t('total'),
      align: 'right',
      cell: (row) => <Money amount={row.total} currency={row.currency} />,
    },
    {
      key: 'tax',
      header: t('tax'),
      align: 'right',
      cell: (row) => <Money amount={row.tax} currency={row.currency} />,
    },
    { key: 'vat', header: t('vat'), cell: (row) => <VatCell row={row} locked={locked} /> },
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      filters={[
        choice('view', t('view'), view, invoiceViews, (value) => t(`views.${value}`)),
        { kind: 'text', name: 'merchant', label: t('merchant'), value: filter.merchant },
      ]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'inbox', title: t('empty'), text: t(view ? `emptyViews.${view}` : 'emptyText') }}
      path={PATH}
      query={filter}
      {...page}
    >
      <UntaxedCard rows={untaxed} locked={locked} />
      <OddNumbersCard rows={odd} />
    </ListPage>
  );
}
