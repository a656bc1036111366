import type { Route } from 'next';
import Link from 'next/link';
import { getFormat } from '@/components/ui/format';
import { resolveFeature } from '@/lib/billing/entitlements/entitlements';
import type { Feature } from '@/lib/billing/features';
import { getTranslations } from '@/lib/i18n/translations';
import { storeContext, storeFacts } from './context';

/** How much of a limit the merchant uses, over all its stores, in one line that leads to its reasons. */
export async function LimitLine({ storeCode, feature }: { storeCode: string; feature: Feature }) {
  const [{ now }, facts, t, format] = await Promise.all([
    storeContext(storeCode, 'read'),
    storeFacts(storeCode),
    getTranslations('store.limit'),
    getFormat(),
  ]);
  const { enabled, limit, current } = resolveFeature(facts, feature, now);
  const text = !enabled
    ? t('off')
    : limit === null
      ? t('unlimited', { current: format.number(current) })
      : t('of', { current: format.number(current), limit: format.number(limit) });
  const isFull = !enabled || (limit !== null && current >= limit);
  return (
    <>
      <span className={isFull ? 'font-medium text-danger-ink' : undefined}>{text}</span>{' '}
      <Link
        href={`/store/${storeCode}/billing#usage` as Route}
        prefetch={false}
        className="font-medium text-accent-ink hover:underline"
      >
        {t('why')}
      </Link>
    </>
  );
}
