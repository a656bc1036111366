import type { ReactNode } from 'react';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';
import { useFeatureName } from './feature-words';
import type { AddOnFacts, OwnAddOn } from './shapes';
import { StatusBadge } from './status-badge';

const row = 'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3';

/** The store's add-ons: until when, and the way out. */
export function OwnAddOns({
  addOns,
  action,
}: {
  addOns: OwnAddOn[];
  action: (addOn: OwnAddOn) => ReactNode;
}) {
  const t = useTranslations('billing.addOns');
  const format = useFormat();
  return (
    <ul className="divide-y divide-line">
      {addOns.map((addOn) => {
        const ends = addOn.cancelAt;
        const next = addOn.currentPeriodEnd;
        return (
          <li key={addOn.id} className={row}>
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-2 font-medium">
                {addOn.name}
                {addOn.domain ? <span className="font-normal text-muted">{addOn.domain}</span> : null}
                <StatusBadge status={addOn.status} ending={Boolean(ends)} />
              </p>
              {ends ? (
                <p className="text-sm text-muted">{t('until', { date: format.date(ends) })}</p>
              ) : next ? (
                <p className="text-sm text-muted">{t('renews', { date: format.date(next) })}</p>
              ) : null}
            </div>
            {action(addOn)}
          </li>
        );
      })}
    </ul>
  );
}

/** What can be bought beside the plan, and what it adds. */
export function OfferedAddOns({
  addOns,
  action,
}: {
  addOns: AddOnFacts[];
  action: (addOn: AddOnFacts) => ReactNode;
}) {
  const t = useTranslations('billing');
  const format = useFormat();
  const name = useFeatureName();
  return (
    <ul className="divide-y divide-line">
      {addOns.map((addOn) => (
        <li key={addOn.code} className={row}>
          <div className="min-w-0">
            <p className="font-medium">{addOn.name}</p>
            <p className="text-sm text-muted">
              {t(`price.${addOn.interval}`, { amount: format.money(addOn.unitAmount, addOn.currency) })}
              {addOn.features.map((feature) => (
                <span key={feature.featureCode}>
                  {' · '}
                  {t('addOns.adds', { amount: feature.amount, feature: name(feature.featureCode) })}
                </span>
              ))}
            </p>
          </div>
          {action(addOn)}
        </li>
      ))}
    </ul>
  );
}
