import { Badge } from '@/components/ui/badge';
import { DateText } from '@/components/ui/date-text';
import { TextArea } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import { Money } from '@/components/ui/money';
import type { ListedInvoice } from '@/lib/billing/reports/invoice-list';
import { useTranslations } from '@/lib/i18n/translations';
import { accept, reissue } from './actions';

/** How an invoice stands with VAT: what is wrong, what is at stake, what VIES says, and the ways to mend it. */
export function VatCell({ row, locked }: { row: ListedInvoice; locked?: string }) {
  const t = useTranslations('console.invoices');
  const c = useTranslations('console');
  const { proof } = row;
  const dialog = {
    disabledReason: locked,
    fields: { id: row.id },
    size: 'sm',
    variant: 'secondary',
  } as const;
  const reason = (
    <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} maxLength={500} required />
  );
  return (
    <div className="space-y-1">
      {row.finalizationError ? (
        <p>
          <Badge tone="danger">{t('stuck')}</Badge> {row.finalizationError}
        </p>
      ) : null}
      {row.decision ? (
        <p>
          <Badge tone="ok">{t(`decisions.${row.decision}`)}</Badge> {row.decisionReason}
        </p>
      ) : null}
      {row.isBeingReissued ? <Badge tone="warn">{t('decisions.reissuing')}</Badge> : null}
      {row.vatIssue && !row.decision ? <p>{t(`issues.${row.vatIssue}`)}</p> : null}
      {row.vatNumber ? (
        <p className="text-sm text-muted">
          {row.vatNumber} ·{' '}
          {proof ? (
            <>
              {t(`proof.${proof.verdict as 'valid'}`)} <DateText value={new Date(proof.at)} />
              {proof.consultationNumber ? ` · ${proof.consultationNumber}` : null}
            </>
          ) : (
            t('proof.none')
          )}
        </p>
      ) : null}
      {row.vatIssue && row.atStake !== null && !row.decision ? (
        <p className="text-sm">
          {t('atStake')} <Money amount={row.atStake} currency={row.currency} />
        </p>
      ) : null}
      {row.vatIssue && !row.decision ? (
        <div className="flex flex-wrap gap-2">
          {row.isBeingReissued ? null : (
            <FormDialog
              {...dialog}
              trigger={t('accept')}
              title={t('acceptTitle', { number: row.number ?? '' })}
              description={t('acceptText')}
              action={accept}
              submit={t('accept')}
            >
              {reason}
            </FormDialog>
          )}
          {row.kind === 'credits' ? null : (
            <FormDialog
              {...dialog}
              trigger={t('reissue')}
              title={t('reissueTitle', { number: row.number ?? '' })}
              description={t('reissueText')}
              action={reissue}
              submit={t('reissue')}
              danger
            >
              {reason}
            </FormDialog>
          )}
        </div>
      ) : null}
    </div>
  );
}
