import { InvoiceTable } from '@/components/billing/invoice-table';
import { Card } from '@/components/ui/card';
import { Pager } from '@/components/ui/pager';
import { listInvoices } from '@/lib/billing/reports/invoices';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { BackToMerchant } from '../back-link';
import { historyContext } from '../load';

export const generateMetadata = pageTitle('merchant.page', 'invoices');

const PAGE = 25;

/** Every invoice of a merchant on one platform. */
export default async function InvoicesPage(props: PageProps<'/admin/merchants/[id]/invoices'>) {
  const { db, query, t, merchant, platform, account } = await historyContext(props);
  const list = (slice: Slice) => listInvoices(db, account, slice);
  const { rows, ...paging } = await readPage(query.cursor, PAGE, list, (row) => row.issuedAt);
  return (
    <>
      <BackToMerchant
        merchant={merchant}
        platform={platform}
        title={t('invoicesOf', { name: merchant.name })}
      />
      <Card flush>
        <InvoiceTable invoices={rows} owes={false} />
        <Pager
          path={`/admin/merchants/${merchant.id}/invoices`}
          query={{ platform: platform.code }}
          {...paging}
        />
      </Card>
    </>
  );
}
