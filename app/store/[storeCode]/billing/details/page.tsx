import type { Route } from 'next';
import { getLocale } from 'next-intl/server';
import { countryOptions } from '@/components/countries';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { getCustomer } from '@/lib/billing/customers/customers';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { storeContext } from '../../context';
import { saveDetails } from '../actions';

export const generateMetadata = pageTitle('billing.details', 'title');

/** Who the invoices are made out to, to be changed. */
export default async function DetailsPage({ params }: PageProps<'/store/[storeCode]/billing/details'>) {
  const { storeCode } = await params;
  const { db, account, store, canWrite } = await storeContext(storeCode, 'read');
  const [t, common, locale, customer] = await Promise.all([
    getTranslations('billing.details'),
    getTranslations('common'),
    getLocale(),
    getCustomer(db, account.merchantId),
  ]);
  const part = (name: 'line1' | 'line2' | 'postalCode' | 'city', autoComplete: string) => (
    <TextField
      name={`address.${name}`}
      label={t(name)}
      defaultValue={customer[name]}
      autoComplete={autoComplete}
    />
  );
  return (
    <>
      <PageHeader title={t('title')} />
      <div className="max-w-2xl">
        <Card>
          <ActionForm action={saveDetails} fields={{ store: store.code }} className="space-y-4">
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
            {part('line1', 'address-line1')}
            {part('line2', 'address-line2')}
            <div className="grid gap-4 sm:grid-cols-[1fr_2fr]">
              {part('postalCode', 'postal-code')}
              {part('city', 'address-level2')}
            </div>
            <SelectField
              name="address.country"
              label={t('country')}
              defaultValue={customer.country || 'LU'}
              autoComplete="country"
              options={countryOptions(locale)}
            />
            <TextField
              name="vatNumber"
              label={t('vatNumber')}
              hint={t('vatHint')}
              defaultValue={customer.vatTyped ?? customer.vatNumber ?? ''}
            />
            <div className="flex flex-wrap gap-2">
              <SubmitButton disabledReason={canWrite ? undefined : common('readOnly')}>
                {common('save')}
              </SubmitButton>
              <ButtonLink href={`/store/${store.code}/billing` as Route} variant="ghost">
                {common('back')}
              </ButtonLink>
            </div>
          </ActionForm>
        </Card>
      </div>
    </>
  );
}
