import type { Route } from 'next';
import { ButtonLink } from '@/components/ui/button';
import { PageHeader } from '@/components/ui/page-header';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { requireStore } from '@/lib/session';

export const generateMetadata = pageTitle('billing.checkout', 'cancelledTitle');

/** Where Stripe Checkout returns to without a purchase. */
export default async function CheckoutCancelledPage({
  params,
}: PageProps<'/store/[storeCode]/billing/checkout/cancelled'>) {
  const { store } = await requireStore((await params).storeCode);
  const t = await getTranslations('billing.checkout');
  return (
    <>
      <PageHeader title={t('cancelledTitle')} description={t('cancelledText')} />
      <ButtonLink href={`/store/${store.code}/billing` as Route} variant="primary">
        {t('back')}
      </ButtonLink>
    </>
  );
}
