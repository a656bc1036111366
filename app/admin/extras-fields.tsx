import { CheckField } from '@/components/ui/check-field';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import type { FormAction } from '@/components/ui/form-state';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { writePrice } from '@/lib/money';

export type Extra = {
  id: string;
  platformId: string;
  code: string;
  name: string;
  currency: string;
  unitAmount: number;
  isActive: boolean;
  displayOrder: number;
  revision: number;
  stripePriceId: string | null;
};

/** What the forms of add-ons and credit packages begin with. */
export function ExtraFields({ extra, currency }: { extra?: Extra; currency: string }) {
  const t = useTranslations('plans');
  return (
    <>
      <TextField
        name="code"
        label={t('code')}
        hint={extra ? undefined : t('codeHint')}
        defaultValue={extra?.code ?? ''}
        readOnly={Boolean(extra)}
        maxLength={50}
        required
      />
      <TextField name="name" label={t('name')} defaultValue={extra?.name ?? ''} maxLength={80} required />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="unitAmount"
          label={t('extras.price')}
          hint={extra ? t('extras.priceHint') : undefined}
          inputMode="decimal"
          autoComplete="off"
          defaultValue={extra ? writePrice(extra.unitAmount, extra.currency) : ''}
          required
        />
        <TextField
          name="currency"
          label={t('currency')}
          autoCapitalize="characters"
          autoComplete="off"
          maxLength={3}
          defaultValue={extra?.currency ?? currency}
          required
        />
      </div>
      <TextField
        name="displayOrder"
        label={t('order')}
        hint={t('orderHint')}
        inputMode="numeric"
        defaultValue={String(extra?.displayOrder ?? 0)}
      />
      {extra?.stripePriceId ? (
        <TextField
          name="stripePriceId"
          label={t('stripePrice')}
          hint={t('extras.stripePriceHint')}
          defaultValue={extra.stripePriceId}
          readOnly
        />
      ) : null}
      <CheckField
        name="isActive"
        label={t('isActive')}
        hint={t('extras.activeHint')}
        defaultChecked={extra?.isActive ?? true}
      />
    </>
  );
}

/** What is sent along unseen when one is made or changed. */
export const extraIds = (platformId: string, extra?: Extra): Record<string, string> => ({
  platform: platformId,
  ...(extra ? { id: extra.id, revision: String(extra.revision) } : {}),
});

/** Switch it on or off, or delete what nobody bought. */
export function ExtraActions({
  extra,
  setActive,
  remove,
  isBought,
  disabledReason,
}: {
  extra: Extra;
  setActive: FormAction;
  remove: FormAction;
  /** Somebody bought it once. */
  isBought: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const fields = extraIds(extra.platformId, extra);
  return (
    <>
      <ActionForm action={setActive} fields={{ ...fields, active: String(!extra.isActive) }}>
        <SubmitButton variant="ghost" size="sm" disabledReason={disabledReason}>
          {t(extra.isActive ? 'deactivate' : 'activate')}
          <span className="sr-only"> {extra.name}</span>
        </SubmitButton>
      </ActionForm>
      <ActionForm action={remove} fields={{ ...fields, name: extra.name }}>
        <ConfirmButton
          question={t('extras.deleteQuestion', { name: extra.name })}
          confirm={t('delete')}
          cancel={t('keep')}
          disabledReason={disabledReason ?? (isBought ? t('extras.boughtKeeps') : undefined)}
        >
          {t('delete')}
          <span className="sr-only"> {extra.name}</span>
        </ConfirmButton>
      </ActionForm>
    </>
  );
}
