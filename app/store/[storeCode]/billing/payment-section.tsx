import type { Route } from 'next';
import { DetailsSummary } from '@/components/billing/details-summary';
import type { CardFacts, DetailsFacts } from '@/components/billing/facts';
import { PaymentMethod } from '@/components/billing/payment-method';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { useTranslations } from '@/lib/i18n/translations';
import { PortalButton } from './portal-button';

/** What is charged, and whom the invoices are made out to. The card is changed in Stripe's portal, the rest here. */
export function PaymentSection({
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
  const t = useTranslations('billing');
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
          <ButtonLink href={`/store/${storeCode}/billing/details` as Route} size="sm">
            {t('details.edit')}
          </ButtonLink>
        }
      >
        <DetailsSummary details={details} />
      </Card>
    </div>
  );
}
