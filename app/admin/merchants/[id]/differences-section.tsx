import { Card } from '@/components/ui/card';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { BeforeAfter } from '../../before-after';
import { reconcile } from './actions';
import type { MerchantPage } from './load';

/** Where Stripe and we disagree, and the comparison itself. */
export function DifferencesSection({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.page');
  const noCustomer = page.overview.customer.stripeCustomerId ? undefined : t('noCustomer');
  return (
    <Card
      id="differences"
      title={t('differences')}
      description={page.differences.length === 0 ? t('noDifferences') : t('differencesText')}
      actions={
        <ActionForm action={reconcile} fields={{ merchantId: page.merchant.id }}>
          <SubmitButton variant="secondary" size="sm" disabledReason={locked ?? noCustomer}>
            {t('reconcile')}
          </SubmitButton>
        </ActionForm>
      }
    >
      <div className="space-y-4">
        {page.differences.map((row) => (
          <BeforeAfter
            key={row.id}
            title={`${row.entity} ${row.entityId}: ${row.kind}`}
            before={row.local}
            after={row.stripe}
          />
        ))}
      </div>
    </Card>
  );
}
