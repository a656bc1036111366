import { getLocale, getTranslations } from 'next-intl/server';
import { countryOptions } from '@/components/countries';
import { Dialog } from '@/components/ui/dialog';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import type { CustomerRow } from '@/lib/billing/customers';
import { saveDetails } from './actions';

/** Who the invoices are made out to, to be changed. */
export async function DetailsDialog({
  storeCode,
  customer,
  disabledReason,
}: {
  storeCode: string;
  customer: CustomerRow;
  disabledReason?: string;
}) {
  const [t, common, locale] = await Promise.all([
    getTranslations('billing.details'),
    getTranslations('common'),
    getLocale(),
  ]);
  return (
    <Dialog
      trigger={t('edit')}
      size="sm"
      title={t('title')}
      closeLabel={common('close')}
      disabledReason={disabledReason}
      place="side"
    >
      <ActionForm action={saveDetails.bind(null, storeCode)} className="space-y-4">
        <TextField
          name="name"
          label={t('name')}
          defaultValue={customer.name}
          autoComplete="organization"
          required
        />
        <TextField
          name="email"
          type="email"
          label={t('email')}
          defaultValue={customer.email}
          autoComplete="email"
          required
        />
        <TextField
          name="address.line1"
          label={t('line1')}
          defaultValue={customer.line1}
          autoComplete="address-line1"
        />
        <TextField
          name="address.line2"
          label={t('line2')}
          defaultValue={customer.line2}
          autoComplete="address-line2"
        />
        <div className="grid gap-4 sm:grid-cols-[1fr_2fr]">
          <TextField
            name="address.postal_code"
            label={t('postalCode')}
            defaultValue={customer.postalCode}
            autoComplete="postal-code"
          />
          <TextField
            name="address.city"
            label={t('city')}
            defaultValue={customer.city}
            autoComplete="address-level2"
          />
        </div>
        <SelectField
          name="address.country"
          label={t('country')}
          defaultValue={customer.country || 'LU'}
          autoComplete="country"
          options={countryOptions(locale)}
        />
        <TextField
          name="vat_number"
          label={t('vatNumber')}
          hint={t('vatHint')}
          defaultValue={customer.vatNumber ?? ''}
        />
        <SubmitButton>{common('save')}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}
