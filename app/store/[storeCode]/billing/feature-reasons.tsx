import { type Reason, Reasons } from '@/components/billing/reasons';
import { useFormat } from '@/components/ui/format';
import { type EntitlementFacts, resolveGrant, type Step } from '@/lib/billing/entitlements';
import type { BillingOverview } from '@/lib/billing/overview';
import { findUnlocks } from '@/lib/billing/unlocks';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';

/** Why a limit is what it is: plan → exception → add-ons → use per store → what would give more. */
export function FeatureReasons({
  code,
  facts,
  overview,
  stores,
  now,
}: {
  code: string;
  facts: EntitlementFacts;
  overview: BillingOverview;
  stores: { id: string; name: string }[];
  now: Date;
}) {
  const t = useTranslations('billing.explain');
  const format = useFormat();
  const feature = features.find((one) => one.code === code);
  if (!feature) return null;
  const resolution = resolveGrant(facts, feature, now);
  const amount = (grant: { enabled: boolean; limit: number | null }) =>
    !grant.enabled ? t('off') : grant.limit === null ? t('unlimited') : format.number(grant.limit);
  const storeName = (id: string) => stores.find((store) => store.id === id)?.name ?? t('noStore');
  const { status } = resolution.standing;

  const reasons: Reason[] = [
    {
      label: t('status'),
      text: t(`statusText.${resolution.standing.reason}`, {
        status: t(`statusNames.${status}`),
        date: facts.subscription?.graceUntil ? format.date(facts.subscription.graceUntil) : '',
      }),
    },
    ...resolution.steps.map((step) => ({ label: t(step.kind), ...wordsOf(step), value: amount(step.grant) })),
  ];
  const used = facts.used[code];
  for (const [storeId, units] of Object.entries(used?.byStore ?? {})) {
    if (units > 0) reasons.push({ label: t('usage'), text: storeName(storeId), value: format.number(units) });
  }
  const sale = {
    tiers: overview.tiers.filter((tier) => tier.isActive && tier.isPublic),
    addOns: overview.addOnProducts.flatMap((addOn) =>
      addOn.features
        .filter((adds) => adds.featureCode === code)
        .map((adds) => ({ ...addOn, amount: adds.amount })),
    ),
  };
  return (
    <Reasons
      reasons={reasons}
      unlocks={resolution.grant.limit === null ? [] : findUnlocks(facts, feature, 1, sale, now)}
    />
  );

  function wordsOf(step: Step): { text: string } {
    if (step.kind === 'none') return { text: t('noneText') };
    if (step.kind === 'add_on') {
      return { text: t('addOnText', { name: step.addOn.name, store: storeName(step.addOn.storeId) }) };
    }
    if (step.kind !== 'override') return { text: step.tier.name };
    const { reason, expiresAt } = step.override;
    return {
      text: expiresAt
        ? t('overrideUntil', { reason, date: format.date(expiresAt) })
        : t('overrideText', { reason }),
    };
  }
}
