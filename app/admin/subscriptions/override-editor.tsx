import { useId } from 'react';
import { useFeatureName } from '@/components/billing/feature-words';
import { CheckField } from '@/components/ui/check-field';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { isInForce } from '@/lib/billing/entitlements/grant';
import type { OverrideRow } from '@/lib/billing/entitlements/override-lists';
import type { Feature } from '@/lib/billing/features';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { saveExceptions } from './actions';
import type { SubscriptionEdit } from './edit-load';
import { valuesOf } from './override-edit';

/** Every feature with the merchant's exception, or an empty field that says what the plan gives. Saves what was touched. */
export function OverrideEditor({ edit, locked }: { edit: SubscriptionEdit; locked?: string }) {
  const t = useTranslations('console.subscriptions.edit');
  const { account, overrides, tiers, subscription, now } = edit;
  const held = tiers.find((tier) => tier.id === subscription.tierId);
  const seen = Object.fromEntries(overrides.map((row) => [`seen.${row.featureCode}`, row.id]));
  const lines = (of: readonly Feature[]) =>
    of.map((feature) => (
      <OverrideLine
        key={feature.code}
        feature={feature}
        own={overrides.find((row) => row.featureCode === feature.code)}
        now={now}
        limit={held?.limits.find((one) => one.featureCode === feature.code)}
      />
    ));
  return (
    <ActionForm action={saveExceptions} fields={{ ...account, ...seen }}>
      <fieldset disabled={Boolean(locked)} className="min-w-0">
        <legend className="sr-only">{t('exceptions')}</legend>
        <div className="divide-y divide-line">{lines(features.filter((one) => one.kind !== 'flag'))}</div>
        <div className="grid gap-x-6 border-t border-line sm:grid-cols-2">
          {lines(features.filter((one) => one.kind === 'flag'))}
        </div>
      </fieldset>
      <div className="mt-5">
        <SubmitButton disabledReason={locked}>{t('saveExceptions')}</SubmitButton>
      </div>
    </ActionForm>
  );
}

/** Why and until when are asked once the line says something; with what it says taken away they go, unless it ends what stood. */
const WHEN_SAID =
  "hidden gap-3 group-has-[[inputmode]:not(:placeholder-shown)]/line:grid group-has-[:checked[type=checkbox]]/line:grid group-has-[option:not([value='']):checked]/line:grid group-has-[[aria-invalid]]/line:grid";

function OverrideLine({
  feature: { code, kind, name: declared },
  own,
  now,
  limit,
}: {
  feature: Feature;
  own?: OverrideRow;
  now: Date;
  limit?: { enabled: boolean; limitValue: number | null };
}) {
  const id = useId();
  const t = useTranslations('merchant.overrides');
  const e = useTranslations('console.subscriptions.edit');
  const c = useTranslations('console');
  const format = useFormat();
  const name = useFeatureName()(code, declared);
  const values = valuesOf(own);
  const isFlag = kind === 'flag';
  const given = !limit?.enabled
    ? t('off')
    : isFlag
      ? t('on')
      : limit.limitValue === null
        ? t('unlimited')
        : format.number(limit.limitValue);
  const notNow =
    !own || isInForce(own, now)
      ? null
      : own.expiresAt && own.expiresAt <= now
        ? e('over', { date: format.date(own.expiresAt) })
        : own.startsAt
          ? e('later', { date: format.date(own.startsAt) })
          : null;
  const asPlan = t('tierDefault', { value: given });
  const choice = (
    <SelectField
      name={`enabled.${code}`}
      label={isFlag ? name : t('switch')}
      defaultValue={values.enabled}
      options={[
        { value: '', label: asPlan },
        { value: 'on', label: t('on') },
        { value: 'off', label: t('off') },
      ]}
    />
  );
  return (
    <fieldset
      aria-describedby={notNow ? id : undefined}
      className="group/line flex min-w-0 flex-col gap-3 py-4"
    >
      <legend className="sr-only">{name}</legend>
      {isFlag ? (
        choice
      ) : (
        <div className="grid items-end gap-3 sm:grid-cols-[1fr_11rem]">
          <TextField
            name={`limit.${code}`}
            label={name}
            placeholder={asPlan}
            inputMode="numeric"
            autoComplete="off"
            defaultValue={values.limit}
          />
          <div className="sm:pb-2">
            <CheckField name={`unlimited.${code}`} label={t('unlimited')} defaultChecked={values.unlimited} />
          </div>
        </div>
      )}
      {!isFlag && values.enabled ? choice : null}
      {notNow ? (
        <p id={id} className="-mt-1 text-sm font-medium text-warn-ink">
          {notNow}
        </p>
      ) : null}
      <div className={`${own ? 'grid gap-3' : WHEN_SAID} ${isFlag ? '' : 'sm:grid-cols-[1fr_11rem]'}`}>
        <TextField
          name={`reason.${code}`}
          label={c('reason')}
          hint={
            own ? e('reasonToEnd', { by: isFlag ? 'plan' : values.unlimited ? 'box' : 'limit' }) : undefined
          }
          defaultValue={values.reason}
          maxLength={500}
        />
        <TextField name={`until.${code}`} type="date" label={t('expiresAt')} defaultValue={values.until} />
      </div>
    </fieldset>
  );
}
