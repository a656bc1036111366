import type { Route } from 'next';
import Link from 'next/link';
import { PageHeader } from '@/components/ui/page-header';
import { useTranslations } from '@/lib/i18n/translations';

/** The head of a page below a merchant's, with the way back. */
export function BackToMerchant({
  merchant,
  platform,
  title,
}: {
  merchant: { id: string };
  platform: { code: string };
  title: string;
}) {
  const t = useTranslations('merchant.page');
  return (
    <>
      <Link
        href={`/admin/merchants/${merchant.id}?platform=${platform.code}` as Route}
        prefetch={false}
        className="link mb-2"
      >
        ← {t('back')}
      </Link>
      <PageHeader title={title} />
    </>
  );
}
