import { Badge, type Tone } from '@/components/ui/badge';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';
import type { DetailsFacts } from './facts';

const tones: Record<DetailsFacts['vatStatus'], Tone> = {
  none: 'neutral',
  pending: 'warn',
  valid: 'ok',
  invalid: 'danger',
  unavailable: 'warn',
};

/** Who the invoices are made out to, and how the VAT number stands. */
export function DetailsSummary({ details }: { details: DetailsFacts }) {
  const t = useTranslations('billing.details');
  const tax = useTranslations('billing.tax.reasons');
  const format = useFormat();
  const lines = [details.name, details.email, ...details.address].filter(Boolean);
  return (
    <>
      {lines.length > 0 ? (
        <address className="not-italic">
          {lines.map((line) => (
            <span key={line} className="block">
              {line}
            </span>
          ))}
        </address>
      ) : (
        <p className="text-muted">{t('empty')}</p>
      )}
      {details.vatNumber ? (
        <p className="mt-3 flex flex-wrap items-center gap-2">
          <span className="text-muted">{t('vatNumber')}</span>
          <span className="font-medium">{details.vatNumber}</span>
          <Badge tone={tones[details.vatStatus]}>{t(`vat.${details.vatStatus}`)}</Badge>
        </p>
      ) : null}
      {details.vatNumber && details.vatCheckedAt && details.vatStatus === 'valid' ? (
        <p className="mt-1 text-sm text-muted">
          {t('checkedAt', { date: format.date(details.vatCheckedAt) })}{' '}
          {details.vatConsultationNumber
            ? `${t('consultation', { number: details.vatConsultationNumber })} `
            : null}
          {details.vatHolder ? `${t('vatName', { name: details.vatHolder })} ` : null}
          {details.vatFailures > 0 ? t('recheckFails') : null}
        </p>
      ) : null}
      {details.vatNumber && details.vatStatus === 'valid' && details.vatDiffers ? (
        <p className="mt-1 text-sm">{t('vatDiffers', { what: details.vatDiffers })}</p>
      ) : null}
      {details.others.map(({ type, value }) => (
        <p key={`${type} ${value}`} className="mt-1 text-sm">
          <span className="text-muted">{t('otherNumbers')}</span> {value} ({type.replaceAll('_', ' ')})
        </p>
      ))}
      <p className="mt-2 text-sm text-muted">{tax(details.taxReason)}</p>
    </>
  );
}
