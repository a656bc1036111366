import type { Tier } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';

/** The plans a merchant can be put on, private ones said to be; and the one it has, offered or not. */
export function useTierOptions(tiers: Tier[], heldId: string | undefined) {
  const t = useTranslations('console.subscriptions');
  return tiers
    .filter((tier) => tier.isActive || tier.id === heldId)
    .map((tier) => ({
      value: tier.code,
      label: tier.isPublic ? tier.name : t('privateTier', { tier: tier.name }),
    }));
}
