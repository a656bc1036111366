import { useUnlockText } from '@/components/billing/meter-views';
import type { MeterView, Reason } from '@/components/billing/meters';
import { useFormat } from '@/components/ui/format';
import { type EntitlementFacts, resolveGrant, type Step } from '@/lib/billing/entitlements/grant';
import { findUnlocks } from '@/lib/billing/entitlements/unlocks';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';

export type ReasonFacts = {
  facts: EntitlementFacts;
  overview: Pick<BillingOverview, 'tiers' | 'addOnProducts'>;
  stores: { id: string; name: string }[];
  now: Date;
};

/** Why a limit is what it is: plan → exception → add-ons → use per store → what would give more. */
export function useFeatureReasons({ facts, overview, stores, now }: ReasonFacts) {
  const t = useTranslations('billing.explain');
  const format = useFormat();
  const unlockText = useUnlockText();
  const storeName = (id: string) => stores.find((store) => store.id === id)?.name ?? t('noStore');
  const amount = (grant: { enabled: boolean; limit: number | null }) =>
    !grant.enabled ? t('off') : grant.limit === null ? t('unlimited') : format.number(grant.limit);

  return (code: string): Pick<MeterView, 'reasons' | 'unlocks'> => {
    const feature = features.find((one) => one.code === code);
    if (!feature) return {};
    const { standing, steps, grant } = resolveGrant(facts, feature, now);
    const reasons: Reason[] = [
      {
        label: t('status'),
        text: t(`statusText.${standing.reason}`, {
          status: t(`statusNames.${standing.status}`),
          date: facts.subscription?.graceUntil ? format.date(facts.subscription.graceUntil) : '',
        }),
      },
      ...steps.map((step) => ({
        label: t(step.kind),
        text: textOf(step),
        value: 'given' in step ? undefined : amount(step.grant),
      })),
    ];
    for (const [storeId, units] of Object.entries(facts.used[code]?.byStore ?? {})) {
      if (units > 0)
        reasons.push({ label: t('usage'), text: storeName(storeId), value: format.number(units) });
    }
    const sale = {
      tiers: overview.tiers.filter((tier) => tier.isActive && tier.isPublic),
      addOns: overview.addOnProducts.flatMap((addOn) =>
        addOn.features
          .filter((adds) => adds.featureCode === code)
          .map((adds) => ({ ...addOn, amount: adds.amount })),
      ),
    };
    if (grant.enabled && grant.limit === null) return { reasons };
    // What would give more than there is now, whether or not that is used up.
    const room = grant.enabled ? Math.max(0, (grant.limit ?? 0) - (facts.used[code]?.total ?? 0)) : 0;
    const unlocks = findUnlocks(facts, feature, room + 1, sale, now).filter(
      (unlock) => room === 0 || unlock.kind !== 'release',
    );
    return { reasons, unlocks: unlocks.map(unlockText) };
  };

  function textOf(step: Step): string {
    if (step.kind === 'none') return t('noneText');
    if (step.kind === 'add_on') {
      return t('addOnText', { name: step.addOn.name, store: storeName(step.addOn.storeId) });
    }
    if ('tier' in step) return step.tier.name;
    const { reason, startsAt, expiresAt } = step.override;
    if (step.kind !== 'override') {
      const value = amount(step.given);
      const date = (at: Date | null) => (at ? format.date(at) : 'none');
      return step.kind === 'override_over'
        ? t('overrideOver', { reason, value, date: date(expiresAt) })
        : t('overrideLater', { reason, value, from: date(startsAt), until: date(expiresAt) });
    }
    return expiresAt
      ? t('overrideUntil', { reason, date: format.date(expiresAt) })
      : t('overrideText', { reason });
  }
}
