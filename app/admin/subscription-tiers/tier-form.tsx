import { CheckField } from '@/components/ui/check-field';
import { Dialog } from '@/components/ui/dialog';
import { TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import type { Tier } from '@/lib/billing/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { create, edit } from './actions';

/** The dialog in which a plan is made or changed. */
export function TierForm({
  platformId,
  currency,
  tier,
  disabledReason,
}: {
  platformId: string;
  currency: string;
  tier?: Tier;
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const amount = (interval: 'month' | 'year') => {
    const price = tier?.prices.find((one) => one.currency === currency && one.interval === interval);
    return price ? (price.unitAmount / 100).toFixed(2) : '';
  };
  const title = tier ? t('editTitle', { name: tier.name }) : t('create');
  return (
    <Dialog
      trigger={tier ? t('edit') : t('create')}
      triggerLabel={title}
      variant={tier ? 'secondary' : 'primary'}
      size={tier ? 'sm' : 'md'}
      title={title}
      closeLabel={c('close')}
      disabledReason={disabledReason}
    >
      <ActionForm
        action={tier ? edit : create}
        fields={{
          platform: platformId,
          ...(tier ? { code: tier.code, revision: String(tier.revision) } : {}),
        }}
        className="space-y-4"
      >
        {tier ? null : (
          <TextField name="code" label={t('code')} hint={t('codeHint')} maxLength={50} required />
        )}
        <TextField name="name" label={t('name')} defaultValue={tier?.name} maxLength={80} required />
        <TextArea
          name="description"
          label={t('description_')}
          defaultValue={tier?.description ?? ''}
          maxLength={500}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            name="price_monthly_cents"
            label={t('monthly', { currency })}
            hint={t('priceHint')}
            inputMode="decimal"
            defaultValue={amount('month')}
          />
          <TextField
            name="price_annual_cents"
            label={t('annual', { currency })}
            hint={t('priceHint')}
            inputMode="decimal"
            defaultValue={amount('year')}
          />
          <TextField
            name="trial_days"
            label={t('trialDays')}
            hint={t('trialHint')}
            inputMode="numeric"
            defaultValue={tier?.trialDays?.toString() ?? ''}
          />
          <TextField
            name="display_order"
            label={t('order')}
            inputMode="numeric"
            defaultValue={tier?.displayOrder.toString() ?? '0'}
          />
        </div>
        <TextField
          name="stripe_product_id"
          label={t('product')}
          hint={t('productHint')}
          defaultValue={tier?.stripeProductId ?? ''}
        />
        <CheckField
          name="is_active"
          label={t('isActive')}
          hint={t('activeHint')}
          defaultChecked={tier?.isActive ?? true}
        />
        <CheckField
          name="is_public"
          label={t('isPublic')}
          hint={t('publicHint')}
          defaultChecked={tier?.isPublic ?? true}
        />
        <CheckField
          name="is_self_service"
          label={t('selfService')}
          defaultChecked={tier?.isSelfService ?? true}
        />
        <SubmitButton>{t('save')}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}
