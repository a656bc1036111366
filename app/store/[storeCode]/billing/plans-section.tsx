import type { Route } from 'next';
import Link from 'next/link';
import type { TierFacts } from '@/components/billing/facts';
import { TierCardList } from '@/components/billing/tier-card-list';
import { TierCompare } from '@/components/billing/tier-compare';
import { Card } from '@/components/ui/card';
import { LinkTabs } from '@/components/ui/link-tabs';
import { useTranslations } from '@/lib/i18n/translations';
import { subscribe, tryPlan } from './actions';
import { useTierView } from './tier-views';

/** The plans, monthly or annual: the interval is in the URL. */
export function PlansSection({
  storeCode,
  tiers,
  interval,
  currency,
  currentCode,
  compare,
  disabledReason,
}: {
  storeCode: string;
  tiers: TierFacts[];
  interval: 'month' | 'year';
  currency: string;
  currentCode: string | null;
  compare: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('billing');
  const view = useTierView({ storeCode, interval, currency, currentCode });
  const path = `/store/${storeCode}/billing`;
  return (
    <Card
      id="plans"
      title={t('tiers.title')}
      description={`${t('tiers.annualHint')} ${t('plusTax')}`}
      actions={
        <LinkTabs
          label={t('tiers.interval')}
          tabs={[
            {
              href: `${path}?interval=month#plans` as Route,
              label: t('tiers.month'),
              current: interval === 'month',
            },
            {
              href: `${path}?interval=year#plans` as Route,
              label: t('tiers.year'),
              current: interval === 'year',
            },
          ]}
        />
      }
    >
      {tiers.length === 0 ? (
        <p className="text-muted">{t('tiers.none')}</p>
      ) : (
        <>
          <TierCardList
            tiers={tiers.map(view)}
            actions={{ subscribe, try: tryPlan }}
            disabledReason={disabledReason}
          />
          {compare ? (
            <div className="-mx-4 mt-4 sm:-mx-6">
              <TierCompare tiers={tiers} />
            </div>
          ) : (
            <Link
              href={`${path}?interval=${interval}&compare=1#plans` as Route}
              scroll={false}
              prefetch={false}
              className="link mt-4"
            >
              {t('tiers.compare')}
            </Link>
          )}
        </>
      )}
    </Card>
  );
}
