import type { AddOnFacts, OwnAddOn } from '@/components/billing/shapes';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { buyAddOn, cancelAddOn, keepAddOn } from './actions';

type Props<T> = { storeCode: string; addOn: T; disabledReason?: string };

/** Buys an add-on; one that is a domain asks for its name first. */
export function AddOnPurchase({ storeCode, addOn, disabledReason }: Props<AddOnFacts>) {
  const t = useTranslations('billing');
  const close = useTranslations('common')('close');
  const format = useFormat();
  const fields = { store: storeCode, addOn: addOn.code };
  const name = <span className="sr-only">{addOn.name}</span>;
  if (addOn.category !== 'domain') {
    return (
      <ActionForm action={buyAddOn} fields={fields} className="space-y-2">
        <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
          {t('addOns.buy')}
          {name}
        </SubmitButton>
      </ActionForm>
    );
  }
  return (
    <Dialog
      trigger={
        <>
          {t('addOns.buy')}
          {name}
        </>
      }
      size="sm"
      title={addOn.name}
      description={t(`price.${addOn.interval}`, { amount: format.money(addOn.unitAmount, addOn.currency) })}
      closeLabel={close}
      disabledReason={disabledReason}
    >
      <ActionForm action={buyAddOn} fields={fields} className="space-y-4">
        <TextField
          name="domain"
          label={t('addOns.domain')}
          hint={t('addOns.domainHint')}
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <SubmitButton>{t('addOns.buy')}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}

/** Ends an add-on after what is paid, or takes that back. */
export function AddOnCancellation({ storeCode, addOn, disabledReason }: Props<OwnAddOn>) {
  const t = useTranslations('billing.addOns');
  const format = useFormat();
  if (addOn.cancelAt) {
    return (
      <ActionForm action={keepAddOn} fields={{ store: storeCode, id: addOn.id }} className="space-y-2">
        <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
          {t('keep')}
          <span className="sr-only">{addOn.name}</span>
        </SubmitButton>
      </ActionForm>
    );
  }
  const date = addOn.currentPeriodEnd ? format.date(addOn.currentPeriodEnd) : '';
  return (
    <ActionForm action={cancelAddOn} fields={{ store: storeCode, id: addOn.id }}>
      <ConfirmButton
        question={`${t('cancelTitle', { name: addOn.name })} ${t('cancelText', { date })}`}
        confirm={t('confirmCancel')}
        cancel={t('keep')}
        disabledReason={disabledReason}
      >
        {t('cancel')}
        <span className="sr-only">{addOn.name}</span>
      </ConfirmButton>
    </ActionForm>
  );
}
