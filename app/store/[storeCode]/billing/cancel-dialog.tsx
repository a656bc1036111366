import { buttonClass } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { SelectField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { cancelPlan } from './actions';

const reasons = [
  'none',
  'too_expensive',
  'missing_features',
  'switched_service',
  'unused',
  'too_complex',
  'low_quality',
  'customer_service',
  'other',
] as const;

/** Asks once before cancelling, naming the plan and the day it ends. */
export function CancelDialog({
  storeCode,
  tier,
  date,
  disabledReason,
}: {
  storeCode: string;
  tier: string;
  date: string;
  disabledReason?: string;
}) {
  const t = useTranslations('billing.plan');
  const common = useTranslations('common');
  return (
    <Dialog
      trigger={t('cancel')}
      variant="ghost"
      size="sm"
      title={t('cancelTitle', { tier })}
      description={t('cancelText', { tier, date })}
      closeLabel={common('close')}
      disabledReason={disabledReason}
    >
      <ActionForm action={cancelPlan} fields={{ store: storeCode }} className="space-y-4">
        <SelectField
          name="reason"
          label={t('reason')}
          options={reasons.map((reason) => ({
            value: reason === 'none' ? '' : reason,
            label: t(`reasons.${reason}`),
          }))}
        />
        <div className="flex flex-wrap justify-end gap-2">
          <button type="button" data-close className={buttonClass('ghost')}>
            {t('keep')}
          </button>
          <SubmitButton variant="danger">{t('confirmCancel', { date })}</SubmitButton>
        </div>
      </ActionForm>
    </Dialog>
  );
}
