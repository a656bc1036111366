import { getLocale } from 'next-intl/server';
import { cardFacts, detailsFacts, ownAddOns, planFacts, tierFacts } from '@/components/billing/facts';
import { PageHeader } from '@/components/ui/page-header';
import { toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { getBillingOverview } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { listOwnStores } from '@/lib/session';
import { listStores } from '@/lib/tenancy/stores';
import { storeContext, storeFacts } from '../context';
import { AddOnsSection } from './add-ons-section';
import { BillingBanner } from './billing-banner';
import { CreditsSection } from './credits-section';
import { ExplainedUsage } from './explained-usage';
import { InvoicesSection } from './invoices-section';
import { PaymentSection } from './payment-section';
import { PlanSection } from './plan-section';
import { PlansSection } from './plans-section';

export const generateMetadata = pageTitle('billing', 'title');

/** The newest here; all of them on their own page. */
const INVOICES = 5;

export default async function BillingPage({ params, searchParams }: PageProps<'/store/[storeCode]/billing'>) {
  const [{ storeCode }, query] = await Promise.all([params, searchParams]);
  const { db, account, viewer, store, canWrite, now } = await storeContext(storeCode, 'read');
  const [t, locale, overview, facts, stores] = await Promise.all([
    getTranslations('billing'),
    getLocale(),
    getBillingOverview(db, account, now, { invoices: INVOICES + 1, ledger: 0 }),
    storeFacts(storeCode),
    viewer.merchants.length > 0 ? listOwnStores(viewer) : listStores(db, account),
  ]);
  const entitlements = toEntitlements(facts, features, now);
  const plan = planFacts(overview, entitlements.status);
  const locked = viewer.role === 'support' ? t('readOnlySupport') : t('readOnly');
  const shared = { storeCode: store.code, disabledReason: canWrite ? undefined : locked };
  return (
    <>
      <PageHeader
        title={t('title')}
        description={canWrite ? t('description', { store: store.name }) : locked}
      />
      <div className="space-y-6">
        <BillingBanner {...shared} plan={plan} invoices={overview.invoices} now={now} />
        <PlanSection
          {...shared}
          plan={plan}
          pending={overview.pending}
          paymentUrl={overview.subscription?.pendingPaymentUrl ?? null}
          canCancel={overview.livesAtStripe && plan.cancelAt === null}
          now={now}
        />
        <ExplainedUsage {...{ entitlements, facts, overview, stores, now }} />
        <PlansSection
          {...shared}
          tiers={tierFacts(overview)}
          interval={query.interval === 'year' || query.interval === 'month' ? query.interval : plan.interval}
          currency={overview.currency}
          compare={query.compare === '1'}
          currentCode={
            overview.livesAtStripe || entitlements.tier ? (overview.subscription?.tier.code ?? null) : null
          }
        />
        <PaymentSection
          {...shared}
          card={cardFacts(overview)}
          details={detailsFacts(overview, locale)}
          now={now}
        />
        <InvoicesSection
          storeCode={store.code}
          account={account}
          invoices={overview.invoices.slice(0, INVOICES)}
          more={overview.invoices.length > INVOICES}
          renews={overview.livesAtStripe && plan.cancelAt === null}
          showUpcoming={query.upcoming === '1'}
        />
        <AddOnsSection
          {...shared}
          needsPlan={!overview.livesAtStripe}
          own={ownAddOns(overview, store.id)}
          offered={overview.addOnProducts}
        />
        <CreditsSection {...shared} credits={overview.credits} packages={overview.creditPackages} />
      </div>
    </>
  );
}
