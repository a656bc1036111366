import { InvoiceTable } from '@/components/billing/invoice-table';
import { Card } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Pager } from '@/components/ui/pager';
import { listInvoices } from '@/lib/billing/reports/invoices';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { storeContext } from '../../context';
import { BackToBilling } from '../back-link';

export const generateMetadata = pageTitle('billing.invoices', 'title');

const PAGE = 25;

export default async function InvoicesPage({
  params,
  searchParams,
}: PageProps<'/store/[storeCode]/billing/invoices'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('billing.invoices'),
  ]);
  const { db, account, store } = await storeContext(storeCode, 'read');
  const list = (slice: Slice) => listInvoices(db, account, slice);
  const { rows, ...paging } = await readPage(query.cursor, PAGE, list, (row) => row.issuedAt);
  return (
    <>
      <BackToBilling storeCode={store.code} />
      <PageHeader title={t('title')} />
      <Card flush>
        <InvoiceTable invoices={rows} />
        <Pager path={`/store/${store.code}/billing/invoices`} {...paging} />
      </Card>
    </>
  );
}
