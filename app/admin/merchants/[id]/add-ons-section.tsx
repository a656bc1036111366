import type { Route } from 'next';
import Link from 'next/link';
import { StatusBadge } from '@/components/billing/status-badge';
import { Card } from '@/components/ui/card';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Column, Table } from '@/components/ui/table';
import { useTranslations } from '@/lib/i18n/translations';
import { stripeLink } from '../../stripe-link';
import { cancelAddOn, keepAddOn } from './actions';
import type { MerchantPage } from './load';

type Row = MerchantPage['overview']['storeAddOns'][number];

/** What the merchant's stores have beside the plan: what each costs, until when, and the way out and back. */
export function AddOnsSection({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.addOns');
  const format = useFormat();
  const { account, overview } = page;
  const end = (row: Row) => {
    if (row.endedAt) return t('ended', { date: format.date(row.endedAt) });
    if (row.cancelAt) return t('ends', { date: format.date(row.cancelAt) });
    return row.currentPeriodEnd ? t('renews', { date: format.date(row.currentPeriodEnd) }) : '–';
  };
  const columns: Column<Row>[] = [
    {
      key: 'name',
      header: t('name'),
      cell: (row) => (
        <>
          <span className="font-medium">{row.quantity > 1 ? `${row.quantity} × ${row.name}` : row.name}</span>
          {row.domain ? <span className="block text-sm text-muted">{row.domain}</span> : null}
        </>
      ),
    },
    {
      key: 'store',
      header: t('store'),
      cell: (row) => (
        <Link href={`/admin/stores/${row.storeId}` as Route} prefetch={false} className="link">
          {row.storeCode}
        </Link>
      ),
    },
    {
      key: 'status',
      header: t('status'),
      cell: (row) => <StatusBadge status={row.status} ending={row.cancelAt !== null && !row.endedAt} />,
    },
    {
      key: 'month',
      header: t('month'),
      align: 'right',
      cell: (row) => (row.endedAt || row.isOnPlan ? '–' : format.money(row.mrrCents, row.currency)),
    },
    {
      key: 'end',
      header: t('end'),
      cell: (row) => (
        <>
          {end(row)}
          {row.isOnPlan ? <span className="block text-sm text-muted">{t('onPlan')}</span> : null}
        </>
      ),
    },
    {
      key: 'do',
      header: <span className="sr-only">{t('actions')}</span>,
      label: '',
      align: 'right',
      cell: (row) => {
        const link = stripeLink('subscriptions', row.stripeSubscriptionId);
        return (
          <span className="flex flex-wrap items-center justify-end gap-2">
            {link ? (
              <a href={link} target="_blank" rel="noreferrer" className="link">
                {t('atStripe')} <span className="sr-only">{row.name}</span>
              </a>
            ) : null}
            <CancelOrKeep row={row} account={account} locked={locked} />
          </span>
        );
      },
    },
  ];
  return (
    <Card id="add-ons" title={t('title')} flush>
      {overview.storeAddOns.length > 0 ? (
        <Table caption={t('title')} columns={columns} rows={overview.storeAddOns} rowKey={(row) => row.id} />
      ) : (
        <p className="px-4 pb-3 text-muted sm:px-6">{t('empty')}</p>
      )}
    </Card>
  );
}

/** One billed with the plan goes at once and for good; another stays until its period ends, and can be kept until then. */
function CancelOrKeep({
  row,
  account,
  locked,
}: {
  row: Row;
  account: MerchantPage['account'];
  locked?: string;
}) {
  const t = useTranslations('merchant.addOns');
  const format = useFormat();
  if (row.endedAt) return null;
  const fields = { ...account, id: row.id };
  const name = <span className="sr-only">{row.name}</span>;
  if (row.cancelAt && !row.isOnPlan) {
    return (
      <ActionForm action={keepAddOn} fields={fields}>
        <SubmitButton variant="secondary" size="sm" disabledReason={locked}>
          {t('keep')} {name}
        </SubmitButton>
      </ActionForm>
    );
  }
  const date = row.currentPeriodEnd ? format.date(row.currentPeriodEnd) : 'none';
  const text = row.isOnPlan ? t('removeText') : t('cancelText', { date });
  return (
    <ActionForm action={cancelAddOn} fields={fields}>
      <ConfirmButton
        question={`${t('question', { name: row.name, store: row.storeCode })} ${text}`}
        confirm={t(row.isOnPlan ? 'removeNow' : 'confirm')}
        cancel={t('keep')}
        disabledReason={locked}
      >
        {t('cancel')} {name}
      </ConfirmButton>
    </ActionForm>
  );
}
