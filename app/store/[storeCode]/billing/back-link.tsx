import type { Route } from 'next';
import Link from 'next/link';
import { useTranslations } from '@/lib/i18n/translations';

/** From a page below billing back to it. */
export function BackToBilling({ storeCode }: { storeCode: string }) {
  const t = useTranslations('billing');
  return (
    <Link href={`/store/${storeCode}/billing` as Route} prefetch={false} className="link mb-2">
      ← {t('title')}
    </Link>
  );
}
