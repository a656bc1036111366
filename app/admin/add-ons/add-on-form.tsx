import { useFeatureName } from '@/components/billing/feature-words';
import { Dialog } from '@/components/ui/dialog';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { SubmitButton } from '@/components/ui/submit-button';
import type { AddOnProduct } from '@/lib/billing/plans/extras';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { ExtraFields, extraIds } from '../extras-fields';
import { save } from './actions';

const categories = ['domain', 'ssl', 'email', 'other'] as const;

/** The dialog in which an add-on is made or changed. */
export function AddOnForm({
  platformId,
  currency,
  addOn,
  disabledReason,
}: {
  platformId: string;
  currency: string;
  addOn?: AddOnProduct;
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const nameOf = useFeatureName();
  const title = addOn
    ? t(disabledReason ? 'readTitle' : 'editTitle', { name: addOn.name })
    : t('extras.createAddOn');
  return (
    <Dialog
      trigger={addOn ? t(disabledReason ? 'read' : 'edit') : title}
      triggerLabel={title}
      variant={addOn ? 'secondary' : 'primary'}
      size={addOn ? 'sm' : 'md'}
      title={title}
      closeLabel={c('close')}
      disabledReason={addOn ? undefined : disabledReason}
    >
      {disabledReason ? <LockedNote>{disabledReason}</LockedNote> : null}
      <ActionForm
        key={addOn?.revision}
        action={save}
        fields={extraIds(platformId, addOn)}
        className="space-y-4"
      >
        <fieldset disabled={Boolean(disabledReason)} className="space-y-4">
          <ExtraFields extra={addOn} currency={currency} />
          <TextArea
            name="description"
            label={t('description_')}
            defaultValue={addOn?.description ?? ''}
            maxLength={500}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              name="category"
              label={t('extras.category')}
              defaultValue={addOn?.category}
              options={categories.map((value) => ({ value, label: t(`extras.categories.${value}`) }))}
            />
            <SelectField
              name="interval"
              label={t('extras.interval')}
              defaultValue={addOn?.interval}
              options={(['month', 'year'] as const).map((value) => ({
                value,
                label: t(`extras.intervals.${value}`),
              }))}
            />
          </div>
          <fieldset className="rounded-lg border border-line px-4 pt-2 pb-4">
            <legend className="px-1 font-medium">{t('extras.feature')}</legend>
            <div className="grid gap-4 sm:grid-cols-2">
              {features
                .filter((feature) => feature.kind !== 'flag')
                .map((feature) => (
                  <TextField
                    key={feature.code}
                    name={`adds_${feature.code}`}
                    label={nameOf(feature.code, feature.name)}
                    placeholder={t('extras.nothing')}
                    inputMode="numeric"
                    defaultValue={
                      addOn?.features.find((one) => one.featureCode === feature.code)?.amount.toString() ?? ''
                    }
                  />
                ))}
            </div>
          </fieldset>
          <SubmitButton disabledReason={disabledReason}>{t('save')}</SubmitButton>
        </fieldset>
      </ActionForm>
    </Dialog>
  );
}
