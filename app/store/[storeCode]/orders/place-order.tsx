import { AmountField, TextField } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import { useTranslations } from '@/lib/i18n/translations';
import { addOrder } from './actions';

/** Places an order by hand, for trying out the quota. */
export function PlaceOrder({ storeCode, disabledReason }: { storeCode: string; disabledReason?: string }) {
  const t = useTranslations('store.orders');
  return (
    <FormDialog
      trigger={t('place')}
      variant="primary"
      title={t('place')}
      description={t('placeText')}
      disabledReason={disabledReason}
      action={addOrder}
      fields={{ store: storeCode }}
      resetOnSuccess
      submit={t('place')}
    >
      <TextField name="customer" label={t('customer')} maxLength={120} required />
      <AmountField name="total" label={t('totalEur')} required />
    </FormDialog>
  );
}
