import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { Table } from '@/components/ui/table';
import type { listOddNumbers, listUntaxed } from '@/lib/billing/reports/invoice-list';
import { useTranslations } from '@/lib/i18n/translations';
import { MerchantLink } from '../merchant-link';
import { taxOn } from './actions';

type Untaxed = Awaited<ReturnType<typeof listUntaxed>>;
type OddNumbers = Awaited<ReturnType<typeof listOddNumbers>>;

/** Subscriptions whose tax Stripe turned off, with the way to turn it on. */
export function UntaxedCard({ rows, locked }: { rows: Untaxed; locked?: string }) {
  const t = useTranslations('console.invoices');
  if (rows.length === 0) return null;
  return (
    <div className="mb-6">
      <Card title={t('untaxed')} flush>
        <Table
          caption={t('untaxed')}
          rows={rows}
          rowKey={(row) => row.stripeSubscriptionId}
          columns={[
            {
              key: 'merchant',
              header: t('merchant'),
              cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
            },
            { key: 'why', header: t('why'), cell: (row) => t('untaxedWhy', { reason: row.reason ?? '' }) },
            {
              key: 'mend',
              header: '',
              cell: (row) => (
                <ActionForm
                  action={taxOn}
                  fields={{ merchantId: row.merchantId, subscription: row.stripeSubscriptionId }}
                >
                  <SubmitButton size="sm" variant="secondary" disabledReason={locked}>
                    {t('taxOn')}
                  </SubmitButton>
                </ActionForm>
              ),
            },
          ]}
        />
      </Card>
    </div>
  );
}

/** Numbers that VIES gives no answer for, or does not confirm any more. */
export function OddNumbersCard({ rows }: { rows: OddNumbers }) {
  const t = useTranslations('console.invoices');
  if (rows.length === 0) return null;
  return (
    <div className="mb-6">
      <Card title={t('odd')} flush>
        <Table
          caption={t('odd')}
          rows={rows}
          rowKey={(row) => row.merchantId}
          columns={[
            {
              key: 'merchant',
              header: t('merchant'),
              cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} />,
            },
            { key: 'number', header: t('vatNumber'), cell: (row) => row.vatNumber },
            {
              key: 'proof',
              header: t('lastProof'),
              cell: (row) => (row.vatCheckedAt ? <DateText value={row.vatCheckedAt} /> : t('proof.none')),
            },
            {
              key: 'why',
              header: t('why'),
              cell: (row) =>
                row.vatStatus === 'invalid'
                  ? t('turnedInvalid')
                  : t('noAnswer', { code: row.vatTrouble ?? '–' }),
            },
          ]}
        />
      </Card>
    </div>
  );
}
