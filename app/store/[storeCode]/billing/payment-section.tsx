import { getTranslations } from 'next-intl/server';
import { DetailsSummary } from '@/components/billing/details-summary';
import { PaymentMethod } from '@/components/billing/payment-method';
import type { CardFacts, DetailsFacts } from '@/components/billing/shapes';
import { Card } from '@/components/ui/card';
import { PortalButton } from './portal-button';

/** What is charged, and whom the invoices are made out to. Both are changed in Stripe's portal. */
export async function PaymentSection({
  storeCode,
  card,
  details,
  now,
  disabledReason,
}: {
  storeCode: string;
  card: CardFacts | null;
  details: DetailsFacts;
  now: Date;
  disabledReason?: string;
}) {
  const t = await getTranslations('billing');
  return (
    <div className="grid gap-6 md:grid-cols-2">
      <Card
        id="payment"
        title={t('payment.title')}
        actions={
          <PortalButton storeCode={storeCode} disabledReason={disabledReason}>
            {t('payment.manage')}
          </PortalButton>
        }
      >
        <PaymentMethod card={card} now={now} />
      </Card>
      <Card
        id="details"
        title={t('details.title')}
        actions={
          <PortalButton storeCode={storeCode} disabledReason={disabledReason}>
            {t('details.edit')}
          </PortalButton>
        }
      >
        <DetailsSummary details={details} />
      </Card>
    </div>
  );
}
