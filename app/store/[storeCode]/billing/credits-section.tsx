import type { Route } from 'next';
import Link from 'next/link';
import { CreditBalance } from '@/components/billing/credit-balance';
import { Card } from '@/components/ui/card';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import type { CreditPackage } from '@/lib/billing/plans/extras';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import { useTranslations } from '@/lib/i18n/translations';
import { buyCredits } from './actions';

/** The wallet: what is in it and how to fill it. */
export function CreditsSection({
  storeCode,
  credits,
  packages,
  disabledReason,
}: {
  storeCode: string;
  credits: BillingOverview['credits'];
  packages: CreditPackage[];
  disabledReason?: string;
}) {
  const t = useTranslations('billing.credits');
  const format = useFormat();
  return (
    <Card id="credits" title={t('title')}>
      <CreditBalance credits={credits} />
      {packages.length > 0 ? (
        <>
          <h3 className="mt-6 font-medium">{t('buy')}</h3>
          <ul className="divide-y divide-line">
            {packages.map((pack) => (
              <li key={pack.code} className="flex flex-wrap items-center justify-between gap-3 py-3">
                <span>
                  {t('package', { credits: pack.credits })}{' '}
                  <span className="text-muted">{format.money(pack.unitAmount, pack.currency)}</span>
                </span>
                <ActionForm
                  action={buyCredits}
                  fields={{ store: storeCode, package: pack.code }}
                  className="space-y-2"
                >
                  <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
                    {t('buyOne')}
                    <span className="sr-only">{t('package', { credits: pack.credits })}</span>
                  </SubmitButton>
                </ActionForm>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <Link href={`/store/${storeCode}/billing/credits` as Route} prefetch={false} className="link mt-4">
        {t('ledger')}
      </Link>
    </Card>
  );
}
