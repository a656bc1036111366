import { SelectField, TextField } from '@/components/ui/field';
import { useFormat } from '@/components/ui/format';
import type { CurrentSubscription } from '@/lib/billing/account/subscription';
import { findPrice, type Tier } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { useTierOptions } from '../../tier-options';

/**
 * The fields of a plan that is to be previewed: which, how it is billed and, where Stripe charges for it and a plan has no
 * price of its own or is made to measure, the price agreed on.
 */
export function PlanChoice({
  tiers,
  subscription,
  charged = true,
  chosen,
}: {
  tiers: Tier[];
  subscription: CurrentSubscription | null;
  charged?: boolean;
  /** What was chosen before, where it is asked again; else what the merchant has. */
  chosen?: { tier?: string; interval: 'month' | 'year'; price?: string };
}) {
  const t = useTranslations('merchant.page');
  const price = useTranslations('billing.price');
  const format = useFormat();
  const options = useTierOptions(tiers, subscription?.tierId);
  const currency = subscription?.currency ?? '';
  const byAgreement = tiers.filter(
    (tier) =>
      tier.isActive &&
      (!tier.isSelfService || !findPrice(tier, currency, 'month') || !findPrice(tier, currency, 'year')),
  );
  const agreed =
    subscription && byAgreement.some((tier) => tier.id === subscription.tierId)
      ? price(subscription.interval, { amount: format.money(subscription.unitAmount, currency) })
      : null;
  const hint = t('agreedHint', { tiers: byAgreement.map((tier) => tier.name).join(', ') });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          name="tier"
          label={t('tier')}
          options={options}
          defaultValue={chosen?.tier ?? subscription?.tier.code}
        />
        <SelectField
          name="interval"
          label={t('billed')}
          options={(['month', 'year'] as const).map((value) => ({ value, label: t(`intervals.${value}`) }))}
          defaultValue={chosen?.interval ?? subscription?.interval}
        />
      </div>
      {charged && byAgreement.length > 0 ? (
        <TextField
          name="price"
          label={t('agreed', { currency })}
          hint={agreed ? `${hint} ${t('agreedNow', { price: agreed })}` : hint}
          defaultValue={chosen?.price}
          inputMode="decimal"
          autoComplete="off"
        />
      ) : null}
    </>
  );
}
