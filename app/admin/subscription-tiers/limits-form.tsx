import { CheckField } from '@/components/ui/check-field';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import type { Tier } from '@/lib/billing/tiers';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { saveLimits } from './actions';
import { SelectAll } from './select-all';

/** The slide-over in which a plan's features are ticked and their limits typed. */
export function LimitsForm({ tier, disabledReason }: { tier: Tier; disabledReason?: string }) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const name = useTranslations('features');
  const categories = [...new Set(features.map((feature) => feature.category))];
  const rowOf = (code: string) => tier.limits.find((row) => row.featureCode === code);
  const label = (code: string, fallback: string) =>
    name.has(code as 'max_products') ? name(code as 'max_products') : fallback;
  return (
    <Dialog
      trigger={t('limits')}
      triggerLabel={t('limitsTitle', { name: tier.name })}
      size="sm"
      place="side"
      title={t('limitsTitle', { name: tier.name })}
      description={t('limitsText')}
      closeLabel={c('close')}
    >
      <ActionForm
        action={saveLimits}
        fields={{ platform: tier.platformId, code: tier.code, revision: String(tier.revision) }}
        className="space-y-6"
      >
        {categories.map((category) => (
          <fieldset key={category} className="rounded-lg border border-line px-4 pt-2 pb-4">
            <legend className="px-1 font-medium capitalize">{category}</legend>
            <div className="mb-2 flex justify-end">
              <SelectAll all={t('selectAll')} none={t('selectNone')} />
            </div>
            <div className="space-y-4">
              {features
                .filter((feature) => feature.category === category)
                .map((feature) => {
                  const row = rowOf(feature.code);
                  return (
                    <div key={feature.code} className="grid items-end gap-3 sm:grid-cols-[1fr_10rem]">
                      <CheckField
                        name={`on_${feature.code}`}
                        label={label(feature.code, feature.name)}
                        toggle={feature.kind === 'flag'}
                        defaultChecked={row?.enabled ?? false}
                      />
                      {feature.kind === 'flag' ? null : (
                        <TextField
                          name={`limit_${feature.code}`}
                          label={t('limit')}
                          hint={t('unlimited')}
                          inputMode="numeric"
                          defaultValue={row?.limitValue?.toString() ?? ''}
                        />
                      )}
                    </div>
                  );
                })}
            </div>
          </fieldset>
        ))}
        <CheckField name="anyway" label={t('anyway')} hint={t('anywayHint')} />
        <div className="flex flex-wrap gap-2">
          <SubmitButton variant="secondary" name="do" value="check" disabledReason={disabledReason}>
            {t('check')}
          </SubmitButton>
          <SubmitButton name="do" value="save" disabledReason={disabledReason}>
            {t('saveLimits')}
          </SubmitButton>
        </div>
      </ActionForm>
    </Dialog>
  );
}
