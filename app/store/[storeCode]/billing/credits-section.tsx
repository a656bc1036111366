import { getTranslations } from 'next-intl/server';
import { CreditBalance } from '@/components/billing/credit-balance';
import { CreditLedger } from '@/components/billing/credit-ledger';
import type { CreditFacts, PackageFacts } from '@/components/billing/shapes';
import { Card } from '@/components/ui/card';
import { Disclosure } from '@/components/ui/disclosure';
import { ActionForm } from '@/components/ui/form';
import { getFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { buyCredits } from './actions';

/** The wallet: what is in it, what came and went, and how to fill it. */
export async function CreditsSection({
  storeCode,
  credits,
  packages,
  disabledReason,
}: {
  storeCode: string;
  credits: CreditFacts;
  packages: PackageFacts[];
  disabledReason?: string;
}) {
  const [t, format] = await Promise.all([getTranslations('billing.credits'), getFormat()]);
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
                <ActionForm action={buyCredits.bind(null, storeCode)} className="space-y-2">
                  <input type="hidden" name="package" value={pack.code} />
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
      <Disclosure summary={t('ledger')} className="mt-4">
        <div className="-mx-4 sm:-mx-6">
          <CreditLedger ledger={credits.ledger} />
        </div>
      </Disclosure>
    </Card>
  );
}
