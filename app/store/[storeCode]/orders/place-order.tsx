import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { addOrder } from './actions';

/** Places an order by hand, for trying out the quota. */
export function PlaceOrder({ storeCode, disabledReason }: { storeCode: string; disabledReason?: string }) {
  const t = useTranslations('store.orders');
  const close = useTranslations('common')('close');
  return (
    <Dialog
      trigger={t('place')}
      variant="primary"
      title={t('place')}
      description={t('placeText')}
      closeLabel={close}
      disabledReason={disabledReason}
    >
      <ActionForm action={addOrder} fields={{ store: storeCode }} className="space-y-4" resetOnSuccess>
        <TextField name="customer" label={t('customer')} maxLength={120} required />
        <TextField
          name="total"
          type="number"
          min="0"
          step="0.01"
          inputMode="decimal"
          label={t('totalEur')}
          required
        />
        <SubmitButton>{t('place')}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}
