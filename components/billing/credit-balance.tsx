import { useFormat } from '@/components/ui/format';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import { useTranslations } from '@/lib/i18n/translations';

/** What there is to spend, and from which purse. */
export function CreditBalance({ credits }: { credits: BillingOverview['credits'] }) {
  const t = useTranslations('billing.credits');
  const format = useFormat();
  return (
    <>
      <p className="text-2xl font-semibold">{t('total', { count: credits.monthly + credits.purchased })}</p>
      <dl className="mt-3 grid gap-x-8 gap-y-3 sm:grid-cols-2">
        <div>
          <dt className="text-muted">{t('monthly')}</dt>
          <dd className="font-medium">{format.number(credits.monthly)}</dd>
          {credits.resetsAt ? (
            <dd className="text-sm text-muted">
              {t('monthlyHint', { date: format.date(credits.resetsAt, 'day') })}
            </dd>
          ) : null}
        </div>
        <div>
          <dt className="text-muted">{t('purchased')}</dt>
          <dd className="font-medium">{format.number(credits.purchased)}</dd>
          <dd className="text-sm text-muted">{t('purchasedHint')}</dd>
        </div>
      </dl>
    </>
  );
}
