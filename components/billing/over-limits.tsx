import { Banner } from '@/components/ui/banner';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';
import { useFeatureName } from './feature-words';

export type OverFacts = {
  featureCode: string;
  current: number;
  newLimit: number;
  overBy: number;
  stores: { store: string; current: number }[];
};

/** What would be over the limits of another plan, per store. Nothing is drawn when nothing would be. */
export function OverLimits({ over, tier }: { over: OverFacts[]; tier: string }) {
  const t = useTranslations('merchant.over');
  const format = useFormat();
  const name = useFeatureName();
  if (over.length === 0) return null;
  return (
    <Banner tone="warn" title={t('title', { tier })}>
      <p>{t('text')}</p>
      <ul className="mt-2 list-disc space-y-1 pl-5">
        {over.map((one) => (
          <li key={one.featureCode}>
            <span className="font-medium">{name(one.featureCode)}</span>:{' '}
            {t('line', {
              current: format.number(one.current),
              limit: format.number(one.newLimit),
              over: format.number(one.overBy),
            })}
            {one.stores.length > 0
              ? ` (${format.list(one.stores.map((each) => t('store', { store: each.store, current: format.number(each.current) })))})`
              : null}
          </li>
        ))}
      </ul>
    </Banner>
  );
}
