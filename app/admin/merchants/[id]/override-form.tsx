import { CheckField } from '@/components/ui/check-field';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import type { Account } from '@/lib/billing/accounts';
import type { OverrideRow } from '@/lib/billing/entitlements/override-lists';
import { useTranslations } from '@/lib/i18n/translations';
import { saveOverride } from './actions';

const day = (at: Date | null | undefined) => at?.toISOString().slice(0, 10);

/** The dialog in which an exception for one feature is made; saving it ends the one before. */
export function OverrideForm({
  code,
  name,
  isFlag,
  plan,
  planOn,
  own,
  account,
  locked,
}: {
  code: string;
  name: string;
  isFlag: boolean;
  plan: string;
  planOn: boolean;
  own?: OverrideRow;
  account: Account;
  locked?: string;
}) {
  const t = useTranslations('merchant.overrides');
  const c = useTranslations('console');
  const enabled = own?.enabled === true ? 'on' : own?.enabled === false ? 'off' : '';
  return (
    <FormDialog
      trigger={t(own ? 'change' : 'set')}
      triggerLabel={t(own ? 'changeFor' : 'setFor', { feature: name })}
      size="sm"
      title={t('setFor', { feature: name })}
      description={t('formText')}
      disabledReason={locked}
      action={saveOverride}
      fields={{ ...account, feature: code, seen: own?.id ?? '' }}
      submit={t('save')}
    >
      {isFlag ? null : (
        <>
          <TextField
            name="limit"
            label={t('limit')}
            hint={t('limitHint')}
            placeholder={t('tierDefault', { value: plan })}
            inputMode="numeric"
            defaultValue={own?.limitValue ?? ''}
          />
          <CheckField
            name="unlimited"
            label={t('unlimited')}
            defaultChecked={own?.hasLimit === true && own.limitValue === null}
          />
        </>
      )}
      <SelectField
        name="enabled"
        label={t('switch')}
        defaultValue={enabled}
        options={[
          { value: '', label: t('tierDefault', { value: t(planOn ? 'on' : 'off') }) },
          { value: 'on', label: t('on') },
          { value: 'off', label: t('off') },
        ]}
      />
      <TextArea
        name="reason"
        label={c('reason')}
        hint={t('reasonHint')}
        defaultValue={own?.reason ?? ''}
        maxLength={500}
        required
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="startsAt"
          type="date"
          label={t('startsAt')}
          hint={t('startsHint')}
          defaultValue={day(own?.startsAt)}
        />
        <TextField
          name="expiresAt"
          type="date"
          label={t('expiresAt')}
          hint={t('expiresHint')}
          defaultValue={day(own?.expiresAt)}
        />
      </div>
    </FormDialog>
  );
}
