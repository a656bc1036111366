import { getTranslations } from 'next-intl/server';
import { DetailsSummary } from '@/components/billing/details-summary';
import { PaymentMethod } from '@/components/billing/payment-method';
import type { CardFacts, DetailsFacts } from '@/components/billing/shapes';
import { Card } from '@/components/ui/card';
import type { CustomerRow } from '@/lib/billing/customers';
import { DetailsDialog } from './details-dialog';
import { PortalButton } from './portal-button';

/** What is charged, and whom the invoices are made out to. The card is changed in Stripe's portal, the rest here. */
export async function PaymentSection({
  storeCode,
  card,
  details,
  customer,
  now,
  disabledReason,
}: {
  storeCode: string;
  card: CardFacts | null;
  details: DetailsFacts;
  customer: CustomerRow;
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
        actions={<DetailsDialog storeCode={storeCode} customer={customer} disabledReason={disabledReason} />}
      >
        <DetailsSummary details={details} />
      </Card>
    </div>
  );
}
