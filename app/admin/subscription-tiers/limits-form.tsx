import { useFeatureName } from '@/components/billing/feature-words';
import { CheckField } from '@/components/ui/check-field';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { SubmitButton } from '@/components/ui/submit-button';
import type { Tier } from '@/lib/billing/plans/tiers';
import { features } from '@/lib/features';
import { useTranslations, useWords } from '@/lib/i18n/translations';
import { saveLimits } from './actions';
import { Anyway } from './anyway';
import { SelectAll } from './select-all';

/** The slide-over in which a plan's features are ticked and their limits typed. */
export function LimitsForm({ tier, disabledReason }: { tier: Tier; disabledReason?: string }) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const nameOf = useFeatureName();
  const findCategory = useWords('plans.categories');
  const categories = [...new Set(features.map((feature) => feature.category))];
  const rowOf = (code: string) => tier.limits.find((row) => row.featureCode === code);
  return (
    <Dialog
      trigger={t('limits')}
      triggerLabel={t('limitsTitle', { name: tier.name })}
      size="sm"
      position="side"
      title={t('limitsTitle', { name: tier.name })}
      description={t('limitsText')}
      closeLabel={c('close')}
    >
      {disabledReason ? <LockedNote>{disabledReason}</LockedNote> : null}
      <ActionForm
        key={tier.revision}
        action={saveLimits}
        fields={{ platform: tier.platformId, code: tier.code, revision: String(tier.revision) }}
        className="space-y-4"
      >
        <fieldset disabled={Boolean(disabledReason)} className="space-y-6">
          {categories.map((category) => (
            <fieldset key={category} className="rounded-lg border border-line px-4 pt-1 pb-4">
              <legend className="px-1 font-medium">{findCategory(category) ?? category}</legend>
              <div className="flex justify-end">
                <SelectAll
                  all={t('selectAll')}
                  none={t('selectNone')}
                  of={findCategory(category) ?? category}
                />
              </div>
              <div className="mt-1 space-y-3">
                {features
                  .filter((feature) => feature.category === category)
                  .map((feature) => {
                    const row = rowOf(feature.code);
                    const name = nameOf(feature.code, feature.name);
                    const on = (
                      <CheckField
                        name={`on_${feature.code}`}
                        label={name}
                        toggle={feature.kind === 'flag'}
                        defaultChecked={row?.enabled ?? false}
                      />
                    );
                    if (feature.kind === 'flag') return <div key={feature.code}>{on}</div>;
                    return (
                      <div
                        key={feature.code}
                        className="grid grid-cols-[1fr_9rem] items-start gap-3 [&:not(:has(:checked))_input]:placeholder:text-transparent [&>:first-child]:pt-2.5"
                      >
                        {on}
                        <TextField
                          name={`limit_${feature.code}`}
                          label={<span className="sr-only">{t('limitOf', { name })}</span>}
                          placeholder={t('unlimited')}
                          inputMode="numeric"
                          autoComplete="off"
                          defaultValue={row?.limitValue?.toString() ?? ''}
                        />
                      </div>
                    );
                  })}
              </div>
            </fieldset>
          ))}
          <div className="bottom-bar space-y-3">
            <Anyway label={t('anyway')} hint={t('anywayHint')} />
            <div className="flex flex-wrap gap-2">
              <SubmitButton variant="secondary" name="do" value="check" disabledReason={disabledReason}>
                {t('check')}
              </SubmitButton>
              <SubmitButton name="do" value="save" disabledReason={disabledReason}>
                {t('saveLimits')}
              </SubmitButton>
            </div>
          </div>
        </fieldset>
      </ActionForm>
    </Dialog>
  );
}
