import type { PlanFacts } from '@/components/billing/facts';
import { PlanBanner } from '@/components/billing/plan-banner';
import { buttonClass } from '@/components/ui/button';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { invoicePath } from '@/lib/billing/notices';
import type { InvoiceRow } from '@/lib/billing/reports/invoices';
import { useTranslations } from '@/lib/i18n/translations';
import { reactivatePlan } from './actions';
import { PortalButton } from './portal-button';

/** The banner with its button: mend the card, pay, choose a plan, or stay. */
export function BillingBanner({
  storeCode,
  plan,
  invoices,
  now,
  disabledReason,
}: {
  storeCode: string;
  plan: PlanFacts;
  invoices: InvoiceRow[];
  now: Date;
  disabledReason?: string;
}) {
  const t = useTranslations('billing.banner');
  const open = invoices.find((invoice) => invoice.status === 'open' && invoice.hostedInvoiceUrl);
  const shared = { disabledReason };
  return (
    <PlanBanner
      plan={plan}
      now={now}
      actions={{
        fix: (
          <PortalButton storeCode={storeCode} variant="danger" {...shared}>
            {t('fixCard')}
          </PortalButton>
        ),
        choose: (
          <a href="#plans" className={buttonClass('primary', 'sm')}>
            {t('choosePlan')}
          </a>
        ),
        reactivate: (
          <ActionForm action={reactivatePlan} fields={{ store: storeCode }} className="space-y-2">
            <SubmitButton size="sm" {...shared}>
              {t('reactivate')}
            </SubmitButton>
          </ActionForm>
        ),
        pay: open?.hostedInvoiceUrl ? (
          <a href={invoicePath(open.id)} className={buttonClass('primary', 'sm')}>
            {t('completePayment')}
          </a>
        ) : null,
      }}
    />
  );
}
