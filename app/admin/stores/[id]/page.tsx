import type { Metadata, Route } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { ownAddOns, planFacts } from '@/components/billing/facts';
import { PlanCard } from '@/components/billing/plan-card';
import { StatusBadge } from '@/components/billing/status-badge';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { CopyId } from '@/components/ui/copy-id';
import { PageHeader } from '@/components/ui/page-header';
import { loadEntitlementFacts, toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { getBillingOverview } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { findMerchant, findStore } from '@/lib/tenancy/merchants';
import { listStores } from '@/lib/tenancy/stores';
import { ExplainedUsage } from '../../../store/[storeCode]/billing/explained-usage';
import { staffContext } from '../../context';

const getStore = cache(async (id: string) => {
  const { db } = await staffContext();
  return (await findStore(db, id)) ?? notFound();
});

export async function generateMetadata({ params }: PageProps<'/admin/stores/[id]'>): Promise<Metadata> {
  return { title: (await getStore((await params).id)).name };
}

/** One store: the plan that covers it, how much of it is used, and the ways on. */
export default async function StorePage({ params }: PageProps<'/admin/stores/[id]'>) {
  const [{ db, now }, store, t, c] = await Promise.all([
    staffContext(),
    params.then(({ id }) => getStore(id)),
    getTranslations('merchant.stores'),
    getTranslations('console'),
  ]);
  const account = { merchantId: store.merchantId, platformId: store.platformId };
  const [merchant, overview, facts, stores] = await Promise.all([
    findMerchant(db, store.merchantId),
    getBillingOverview(db, account, now, { invoices: 1, ledger: 1 }),
    loadEntitlementFacts(db, account, now),
    listStores(db, account),
  ]);
  const entitlements = toEntitlements(facts, features, now);
  const plan = planFacts(overview, entitlements.status);
  const addOns = ownAddOns(overview, store.id);
  return (
    <>
      <PageHeader
        title={store.name}
        description={
          <span className="flex flex-wrap items-center gap-2">
            {store.code} <CopyId value={store.id} label={c('copy')} copiedLabel={c('copied')} />
          </span>
        }
        actions={
          <>
            <ButtonLink
              href={`/admin/merchants/${store.merchantId}?platform=${facts.platform.code}` as Route}
            >
              {t('ofMerchant', { name: merchant?.name ?? '' })}
            </ButtonLink>
            <ButtonLink href={`/store/${store.code}/billing` as Route}>{t('billing')}</ButtonLink>
          </>
        }
      />
      <div className="space-y-6">
        <PlanCard title={t('plan')} plan={plan} now={now} />
        {stores.length > 1 ? (
          <p className="text-muted">
            {c('store.wholeMerchant', {
              count: stores.length,
              merchant: merchant?.name ?? '',
            })}
          </p>
        ) : null}
        <ExplainedUsage {...{ entitlements, facts, overview, stores, now }} />
        <Card id="add-ons" title={t('addOns')}>
          {addOns.length === 0 ? <p className="text-muted">{t('noAddOns')}</p> : null}
          <ul className="space-y-2">
            {addOns.map((addOn) => (
              <li key={addOn.id} className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{addOn.name}</span>
                {addOn.domain ? <span className="text-muted">{addOn.domain}</span> : null}
                <StatusBadge status={addOn.status} ending={addOn.cancelAt !== null} />
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </>
  );
}
