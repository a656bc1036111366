import type { Route } from 'next';
import { useTranslations } from 'next-intl';
import type { Interval, TierFacts } from '@/components/billing/shapes';
import { ButtonLink, type ButtonVariant, buttonClass } from '@/components/ui/button';
import { ActionForm } from '@/components/ui/form';
import type { FormAction } from '@/components/ui/form-state';
import { SubmitButton } from '@/components/ui/submit-button';
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
  const form = (action: FormAction, label: string, variant: ButtonVariant) => (
    <ActionForm action={action} className="space-y-2">
      <input type="hidden" name="tier" value={tier.code} />
      <input type="hidden" name="interval" value={interval} />
      <input type="hidden" name="currency" value={currency} />
      <SubmitButton variant={variant} className="w-full" disabledReason={disabledReason}>
        {label}
        <span className="sr-only">{tier.name}</span>
      </SubmitButton>
    </ActionForm>
  );

  switch (choice) {
    case 'subscribe':
      return form(subscribe.bind(null, storeCode), t('subscribe'), 'primary');
    case 'subscribe_or_try':
      return (
        <>
          {form(subscribe.bind(null, storeCode), t('subscribe'), 'primary')}
          {form(tryPlan.bind(null, storeCode), t('try'), 'ghost')}
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
          <span className="sr-only">{tier.name}</span>
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
      return <p className="flex h-9 items-center justify-center font-medium text-muted">{t('current')}</p>;
    case 'planned':
      return <p className="flex h-9 items-center justify-center font-medium text-muted">{t('planned')}</p>;
    default:
      return null;
  }
}
