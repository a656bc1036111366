import { CreditLedger } from '@/components/billing/credit-ledger';
import { Card } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Pager } from '@/components/ui/pager';
import { getBalance, listLedger } from '@/lib/billing/account/wallet';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { storeContext } from '../../context';
import { BackToBilling } from '../back-link';

export const generateMetadata = pageTitle('billing.credits', 'ledger');

const PAGE = 50;

/** Every credit that came or went. */
export default async function CreditsPage({
  params,
  searchParams,
}: PageProps<'/store/[storeCode]/billing/credits'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('billing.credits'),
  ]);
  const { db, account, store } = await storeContext(storeCode, 'read');
  const list = (slice: Slice) => listLedger(db, account, slice);
  const [balance, { rows, ...paging }] = await Promise.all([
    getBalance(db, account),
    readPage(query.cursor, PAGE, list, (row) => row.at),
  ]);
  return (
    <>
      <BackToBilling storeCode={store.code} />
      <PageHeader
        title={t('ledger')}
        description={t('total', { count: balance.monthly + balance.purchased })}
      />
      <Card flush={rows.length > 0}>
        <CreditLedger ledger={rows} />
        <Pager path={`/store/${store.code}/billing/credits`} {...paging} />
      </Card>
    </>
  );
}
