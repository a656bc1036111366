import type { AddOnView, OwnAddOnView } from '@/components/billing/add-on-list';
import { useFeatureName } from '@/components/billing/feature-words';
import { statusTones } from '@/components/billing/status-badge';
import { useFormat } from '@/components/ui/format';
import type { AddOnProduct } from '@/lib/billing/plans/extras';
import type { StoreAddOn } from '@/lib/billing/subscriptions/add-ons';
import { useTranslations } from '@/lib/i18n/translations';

/** The words of an add-on that the store has. */
export function useOwnAddOnView(): (addOn: StoreAddOn) => OwnAddOnView {
  const t = useTranslations('billing');
  const format = useFormat();
  return ({ id, name, domain, isOnPlan, status, cancelAt, currentPeriodEnd }) => {
    const end = cancelAt ?? currentPeriodEnd;
    const date = end ? format.date(end) : '';
    const when = end ? t(cancelAt ? 'addOns.until' : 'addOns.renews', { date }) : '';
    const ask = (text: string) => `${t('addOns.cancelTitle', { name })} ${text}`;
    return {
      id,
      name,
      domain,
      badge: cancelAt
        ? { tone: 'warn', text: t('status.ending') }
        : { tone: statusTones[status], text: t(`status.${status}`) },
      ...(isOnPlan
        ? {
            note: t('addOns.onPlan', { when }),
            question: ask(t('addOns.removeText')),
            confirm: t('addOns.confirmRemove'),
          }
        : {
            note: when,
            question: cancelAt ? null : ask(t('addOns.cancelText', { date })),
            confirm: t('addOns.confirmCancel'),
          }),
    };
  };
}

/** The words of an add-on that can be bought. */
export function useAddOnView(): (addOn: AddOnProduct) => AddOnView {
  const t = useTranslations('billing');
  const format = useFormat();
  const name = useFeatureName();
  return (addOn) => ({
    code: addOn.code,
    name: addOn.name,
    price: t(`price.${addOn.interval}`, { amount: format.money(addOn.unitAmount, addOn.currency) }),
    adds: addOn.features
      .map(({ amount, featureCode }) => t('addOns.adds', { amount, feature: name(featureCode) }))
      .join(' · '),
    needsDomain: addOn.category === 'domain',
  });
}
