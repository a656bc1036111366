import type { Metadata, Route } from 'next';
import { getTranslations } from 'next-intl/server';
import { ButtonLink } from '@/components/ui/button';
import { PageHeader } from '@/components/ui/page-header';
import { requireStore } from '@/lib/session';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('billing.checkout'))('cancelledTitle') };
}

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
