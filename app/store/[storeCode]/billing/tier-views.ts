import type { TierFacts } from '@/components/billing/facts';
import { useFeatureLine } from '@/components/billing/feature-words';
import type { TierOffer, TierView } from '@/components/billing/tier-card-list';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';

/** A plan in words, with what can be done about it as the domain decided. */
export function useTierView(shown: {
  storeCode: string;
  interval: 'month' | 'year';
  currency: string;
  currentCode: string | null;
}): (tier: TierFacts) => TierView {
  const { storeCode, interval, currency, currentCode } = shown;
  const t = useTranslations('billing');
  const format = useFormat();
  const line = useFeatureLine();

  return (tier) => {
    const price = tier.prices.find((one) => one.interval === interval && one.currency === currency);
    const sold = tier.isSelfService ? price : undefined;
    return {
      code: tier.code,
      name: tier.name,
      badge: tier.code === currentCode ? t('tiers.current') : undefined,
      price: sold ? format.money(sold.unitAmount, sold.currency, 'short') : null,
      per: sold ? t(interval === 'year' ? 'perYear' : 'perMonth') : t('tiers.custom'),
      description: tier.description,
      lines: tier.limits
        .filter((limit) => limit.enabled && limit.limitValue !== 0)
        .map((limit) => line(limit.featureCode, limit.limitValue, limit.binary, limit.name)),
      offers: offersOf(tier),
    };
  };

  function offersOf(tier: TierFacts): TierOffer[] {
    const fields = { store: storeCode, tier: tier.code, interval, currency };
    const subscribe: TierOffer = { kind: 'form', action: 'subscribe', label: t('tiers.subscribe'), fields };
    const choice = tier.choices[interval];
    switch (choice) {
      case 'subscribe':
        return [subscribe];
      case 'subscribe_or_try':
        return [subscribe, { kind: 'form', action: 'try', label: t('tiers.try'), fields }];
      case 'upgrade':
      case 'downgrade':
      case 'interval': {
        const href = `/store/${storeCode}/billing/change?tier=${tier.code}&interval=${interval}`;
        const change = interval === 'year' ? 'switchYear' : 'switchMonth';
        const label = t(`tiers.${choice === 'interval' ? change : choice}`);
        return [{ kind: 'link', href, label, strong: choice === 'upgrade' }];
      }
      case 'contact': {
        const href = `mailto:${t('tiers.contactAddress')}?subject=${encodeURIComponent(tier.name)}`;
        return [{ kind: 'mail', href, label: t('tiers.contact') }];
      }
      case 'current':
      case 'planned':
        return [{ kind: 'note', label: t(`tiers.${choice}`) }];
      default:
        return [];
    }
  }
}
