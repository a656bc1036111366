import type { ReactNode } from 'react';
import { Money } from '@/components/ui/money';
import { useTranslations } from '@/lib/i18n/translations';
import { useFeatureLine } from './feature-words';
import type { Interval, TierFacts } from './shapes';

/**
 * The plans side by side. `action` draws what the viewer can do with one: the page knows, the card does not.
 */
export function TierCards({
  tiers,
  interval,
  currency,
  currentCode,
  action,
}: {
  tiers: TierFacts[];
  interval: Interval;
  currency: string;
  currentCode: string | null;
  action: (tier: TierFacts) => ReactNode;
}) {
  const t = useTranslations('billing');
  const line = useFeatureLine();
  return (
    <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
      {tiers.map((tier) => {
        const price = tier.prices.find((p) => p.interval === interval && p.currency === currency);
        const current = tier.code === currentCode;
        return (
          <li
            key={tier.code}
            className={`flex flex-col rounded-xl border p-4 ${current ? 'border-accent-ink bg-accent-soft/40' : 'border-line'}`}
          >
            <h3 className="flex items-center justify-between gap-2 font-semibold">
              {tier.name}
              {current ? (
                <span className="text-sm font-medium text-accent-ink">{t('tiers.current')}</span>
              ) : null}
            </h3>
            <p className="mt-2 text-xl font-semibold">
              {price && tier.isSelfService ? (
                <>
                  <Money amount={price.unitAmount} currency={price.currency} short />{' '}
                  <span className="text-base font-normal text-muted">
                    {t(interval === 'year' ? 'perYear' : 'perMonth')}
                  </span>
                </>
              ) : (
                <span className="text-base font-normal text-muted">{t('tiers.custom')}</span>
              )}
            </p>
            {tier.description ? <p className="mt-1 text-sm text-muted">{tier.description}</p> : null}
            <ul className="ticks my-4 flex-1">
              {tier.limits
                .filter((limit) => limit.enabled && limit.limitValue !== 0)
                .map((limit) => (
                  <li key={limit.featureCode}>
                    {line(limit.featureCode, limit.limitValue, limit.binary, limit.name)}
                  </li>
                ))}
            </ul>
            <div className="flex flex-col gap-2">{action(tier)}</div>
          </li>
        );
      })}
    </ul>
  );
}
