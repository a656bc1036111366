import { CreditLedger } from '@/components/billing/credit-ledger';
import { Card } from '@/components/ui/card';
import { Pager } from '@/components/ui/pager';
import { listLedger } from '@/lib/billing/account/wallet';
import { loadNames } from '@/lib/billing/reports/audit-trail';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { BackToMerchant } from '../back-link';
import { useLedgerNote } from '../credits-section';
import { historyContext, userIn } from '../load';

export const generateMetadata = pageTitle('merchant.page', 'credits');

const PAGE = 50;
type Lines = Awaited<ReturnType<typeof listLedger>>;

/** Every credit of a merchant that came or went on one platform. */
export default async function CreditsPage(props: PageProps<'/admin/merchants/[id]/credits'>) {
  const { db, query, t, merchant, platform, account } = await historyContext(props);
  const list = (slice: Slice) => listLedger(db, account, slice);
  const { rows, ...paging } = await readPage(query.cursor, PAGE, list, (row) => row.at);
  const nameOf = await loadNames(
    db,
    rows.map((row) => userIn(row.actor)),
  );
  return (
    <>
      <BackToMerchant
        merchant={merchant}
        platform={platform}
        title={t('adjustTitle', { name: merchant.name })}
      />
      <Card flush={rows.length > 0}>
        <Movements lines={rows} nameOf={nameOf} />
        <Pager
          path={`/admin/merchants/${merchant.id}/credits`}
          query={{ platform: platform.code }}
          {...paging}
        />
      </Card>
    </>
  );
}

function Movements({ lines, nameOf }: { lines: Lines; nameOf: Map<string, string> }) {
  return <CreditLedger ledger={lines} note={useLedgerNote(nameOf)} />;
}
