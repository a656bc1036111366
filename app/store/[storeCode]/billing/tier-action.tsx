import type { Route } from 'next';
import type { Interval, TierFacts } from '@/components/billing/shapes';
import { ButtonLink, type ButtonVariant, buttonClass } from '@/components/ui/button';
import { ActionForm } from '@/components/ui/form';
import type { FormAction } from '@/components/ui/form-state';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { subscribe, tryPlan } from './actions';

/** The button or buttons under one plan. */
export function TierAction({
  storeCode,
  tier,
  interval,
  currency,
  disabledReason,
}: {
  storeCode: string;
  tier: TierFacts;
  interval: Interval;
  currency: string;
  disabledReason?: string;
}) {
  const t = useTranslations('billing.tiers');
  const choice = tier.choices[interval];
  const name = <span className="sr-only">{tier.name}</span>;
  const form = (action: FormAction, label: string, variant: ButtonVariant) => (
    <ActionForm
      action={action}
      fields={{ store: storeCode, tier: tier.code, interval, currency }}
      className="space-y-2"
    >
      <SubmitButton variant={variant} className="w-full" disabledReason={disabledReason}>
        {label}
        {name}
      </SubmitButton>
    </ActionForm>
  );
  const note = (words: string) => <p className="py-2 text-center font-medium text-muted">{words}</p>;

  switch (choice) {
    case 'subscribe':
      return form(subscribe, t('subscribe'), 'primary');
    case 'subscribe_or_try':
      return (
        <>
          {form(subscribe, t('subscribe'), 'primary')}
          {form(tryPlan, t('try'), 'ghost')}
        </>
      );
    case 'upgrade':
    case 'downgrade':
    case 'interval': {
      const href = `/store/${storeCode}/billing/change?tier=${tier.code}&interval=${interval}` as Route;
      const label = choice === 'interval' ? t(interval === 'year' ? 'switchYear' : 'switchMonth') : t(choice);
      return disabledReason ? (
        <span aria-disabled="true" title={disabledReason} className={buttonClass('secondary')}>
          {label}
          <span className="sr-only">({disabledReason})</span>
        </span>
      ) : (
        <ButtonLink href={href} variant={choice === 'upgrade' ? 'primary' : 'secondary'}>
          {label}
          {name}
        </ButtonLink>
      );
    }
    case 'contact':
      return (
        <a
          href={`mailto:${t('contactAddress')}?subject=${encodeURIComponent(tier.name)}`}
          className={buttonClass()}
        >
          {t('contact')}
        </a>
      );
    case 'current':
      return note(t('current'));
    case 'planned':
      return note(t('planned'));
    default:
      return null;
  }
}
