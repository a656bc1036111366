import type { Metadata, Route } from 'next';
import Link from 'next/link';
import { getLocale } from 'next-intl/server';
import { DetailsSummary } from '@/components/billing/details-summary';
import { detailsFacts, planFacts } from '@/components/billing/facts';
import { InvoiceTable } from '@/components/billing/invoice-table';
import { Card } from '@/components/ui/card';
import { LinkTabs } from '@/components/ui/link-tabs';
import { toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { ExplainedUsage } from '../../../store/[storeCode]/billing/explained-usage';
import { one, staffContext } from '../../context';
import { AddOnsSection } from './add-ons-section';
import { CreditsSection } from './credits-section';
import { DifferencesSection } from './differences-section';
import { MerchantHeader } from './header';
import { AuditSection, EventsSection } from './history-sections';
import { loadAccount, loadMerchant, SHOWN } from './load';
import { MembersSection } from './members-section';
import { OverridesSection } from './overrides-section';
import { SubscriptionSection } from './subscription-section';
import { VatProofLinks } from './vat-proof-links';

export async function generateMetadata({ params }: PageProps<'/admin/merchants/[id]'>): Promise<Metadata> {
  return { title: (await loadAccount((await params).id, undefined)).merchant.name };
}

/** Everything about one merchant, for whoever has its owner on the phone. */
export default async function MerchantPage({ params, searchParams }: PageProps<'/admin/merchants/[id]'>) {
  const [{ locked }, { id }, query, locale, t] = await Promise.all([
    staffContext(),
    params,
    searchParams,
    getLocale(),
    getTranslations('merchant.page'),
  ]);
  const page = await loadMerchant(id, one(query.platform));
  const { merchant, platforms, platform, overview, facts, stores, now } = page;
  const entitlements = toEntitlements(facts, features, now);
  const closed = merchant.closedAt ? t('closedReason') : undefined;
  const shared = { page, locked: locked ?? closed };
  return (
    <>
      <MerchantHeader {...shared} />
      {platforms.length > 1 ? (
        <div className="mb-6">
          <LinkTabs
            label={t('platform')}
            tabs={platforms.map((row) => ({
              href: `/admin/merchants/${merchant.id}?platform=${row.code}` as Route,
              label: row.name,
              current: row.id === platform.id,
            }))}
          />
        </div>
      ) : null}
      <div className="space-y-6">
        <SubscriptionSection {...shared} plan={planFacts(overview, entitlements.status)} />
        <DifferencesSection {...shared} />
        <ExplainedUsage {...{ entitlements, facts, overview, stores, now }} />
        <OverridesSection {...shared} />
        <AddOnsSection {...shared} />
        <Card id="invoices" title={t('invoices')} flush>
          <InvoiceTable invoices={overview.invoices.slice(0, SHOWN)} owes={false} />
          {overview.invoices.length > SHOWN ? (
            <Link
              href={`/admin/merchants/${merchant.id}/invoices?platform=${platform.code}` as Route}
              prefetch={false}
              className="link mx-4 my-2 sm:mx-6"
            >
              {t('allInvoices')}
            </Link>
          ) : null}
        </Card>
        <CreditsSection {...shared} />
        <div className="grid gap-6 lg:grid-cols-2">
          <Card id="details" title={t('details')}>
            <DetailsSummary details={detailsFacts(overview, locale)} />
            <VatProofLinks merchantId={merchant.id} quarters={page.proofQuarters} />
          </Card>
          <MembersSection page={page} />
        </div>
        <EventsSection page={page} />
        <AuditSection page={page} />
      </div>
    </>
  );
}
