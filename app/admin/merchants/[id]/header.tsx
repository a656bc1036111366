import type { Route } from 'next';
import Link from 'next/link';
import { useLocale } from 'next-intl';
import { countryName } from '@/components/countries';
import { Badge } from '@/components/ui/badge';
import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { TextArea } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import { PageHeader } from '@/components/ui/page-header';
import type { Locale } from '@/lib/i18n/locales';
import { useTranslations } from '@/lib/i18n/translations';
import { NamedId } from '../../named-id';
import { Pair, Pairs } from '../../pair';
import { stripeLink } from '../../stripe-link';
import { close } from './actions';
import type { MerchantPage } from './load';

/** Who it is: name, address, stores, ids to copy, and the way out. */
export function MerchantHeader({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.page');
  const c = useTranslations('console');
  const locale = useLocale() as Locale;
  const { merchant, stores, overview } = page;
  const customer = overview.customer.stripeCustomerId;
  const atStripe = customer && !overview.customer.deletedAtStripe ? stripeLink('customers', customer) : null;
  return (
    <>
      <PageHeader
        title={
          <>
            {merchant.name} {merchant.closedAt ? <Badge tone="danger">{t('closed')}</Badge> : null}
          </>
        }
        description={merchant.closedAt ? undefined : merchant.email}
        actions={
          <>
            {atStripe ? (
              <a href={atStripe} target="_blank" rel="noreferrer" className={buttonClass('secondary')}>
                {t('openStripe')}
              </a>
            ) : null}
            <FormDialog
              trigger={t('close')}
              variant="ghost"
              title={t('closeTitle', { name: merchant.name })}
              description={t('closeText')}
              disabledReason={locked}
              action={close}
              fields={{ merchantId: merchant.id }}
              submit={t('closeNow', { name: merchant.name })}
              danger
            >
              <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} maxLength={500} required />
            </FormDialog>
          </>
        }
      />
      <div className="mb-6">
        <Card>
          <Pairs>
            <Pair name={t('stores')}>
              {stores.length === 0 ? '–' : null}
              <span className="flex flex-wrap gap-x-3 gap-y-1">
                {stores.map((store) => (
                  <Link
                    key={store.id}
                    href={`/admin/stores/${store.id}` as Route}
                    prefetch={false}
                    className="link"
                  >
                    {store.name} ({store.code})
                  </Link>
                ))}
              </span>
            </Pair>
            <Pair name={t('country')}>{merchant.country ? countryName(locale, merchant.country) : '–'}</Pair>
            <Pair name={t('since')}>
              <DateText value={merchant.createdAt} />
            </Pair>
            {merchant.closedAt ? (
              <Pair name={t('closed')}>
                <DateText value={merchant.closedAt} />
              </Pair>
            ) : null}
            <Pair name={t('ids')}>
              <span className="flex flex-wrap gap-x-4 gap-y-2">
                <NamedId name={t('ourId')} value={merchant.id} />
                {customer ? <NamedId name={t('stripeId')} value={customer} /> : null}
              </span>
            </Pair>
          </Pairs>
        </Card>
      </div>
    </>
  );
}
