import { InvoiceTable } from '@/components/billing/invoice-table';
import { Card } from '@/components/ui/card';
import { Pager } from '@/components/ui/pager';
import { listInvoices } from '@/lib/billing/reports/invoices';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { one, staffContext } from '../../../context';
import { BackToMerchant } from '../back-link';
import { loadAccount } from '../load';

export const generateMetadata = pageTitle('merchant.page', 'invoices');

const PAGE = 25;

/** Every invoice of a merchant on one platform. */
export default async function InvoicesPage({
  params,
  searchParams,
}: PageProps<'/admin/merchants/[id]/invoices'>) {
  const [{ db }, { id }, query, t] = await Promise.all([
    staffContext(),
    params,
    searchParams,
    getTranslations('merchant.page'),
  ]);
  const { merchant, platform } = await loadAccount(id, one(query.platform));
  const account = { merchantId: merchant.id, platformId: platform.id };
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
