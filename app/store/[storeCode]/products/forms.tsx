import { ConfirmButton } from '@/components/ui/confirm-button';
import { AmountField, SelectField, TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { FormDialog } from '@/components/ui/form-dialog';
import { useTranslations } from '@/lib/i18n/translations';
import { addProduct, importList, removeProduct } from './actions';

type Props = { storeCode: string; disabledReason?: string };

/** Adds one product. */
export function AddProduct({ storeCode, disabledReason }: Props) {
  const t = useTranslations('store.products');
  return (
    <FormDialog
      trigger={t('add')}
      variant="primary"
      title={t('add')}
      disabledReason={disabledReason}
      action={addProduct}
      fields={{ store: storeCode }}
      resetOnSuccess
      submit={t('add')}
    >
      <TextField name="name" label={t('name')} maxLength={200} required />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="sku" label={t('sku')} hint={t('skuHint')} maxLength={64} required />
        <AmountField name="price" label={t('priceEur')} required />
      </div>
    </FormDialog>
  );
}

/** Adds many, from a list that was pasted. */
export function ImportProducts({ storeCode, disabledReason }: Props) {
  const t = useTranslations('store.products');
  return (
    <FormDialog
      trigger={t('import')}
      title={t('import')}
      description={t('importText')}
      disabledReason={disabledReason}
      action={importList}
      fields={{ store: storeCode }}
      submit={t('import')}
    >
      <TextArea name="list" label={t('list')} hint={t('listHint')} rows={8} spellCheck={false} required />
      <SelectField
        name="mode"
        label={t('mode')}
        options={[
          { value: 'all', label: t('modeAll') },
          { value: 'fit', label: t('modeFit') },
        ]}
      />
    </FormDialog>
  );
}

/** Removes a product, after asking. */
export function DeleteProduct({
  storeCode,
  product,
  disabledReason,
}: Props & { product: { id: string; name: string } }) {
  const t = useTranslations('store.products');
  const cancel = useTranslations('common')('cancel');
  return (
    <ActionForm action={removeProduct} fields={{ store: storeCode, id: product.id }}>
      <ConfirmButton
        question={t('deleteQuestion', { name: product.name })}
        confirm={t('delete')}
        cancel={cancel}
        disabledReason={disabledReason}
      >
        {t('delete')}
        <span className="sr-only">{product.name}</span>
      </ConfirmButton>
    </ActionForm>
  );
}
