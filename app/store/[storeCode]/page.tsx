import type { Route } from 'next';
import { featureUses, planFacts } from '@/components/billing/facts';
import { PlanBanner } from '@/components/billing/plan-banner';
import { PlanSentence } from '@/components/billing/plan-sentence';
import { StatusBadge } from '@/components/billing/status-badge';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { isGraceOver } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { UsageSection } from './billing/usage-section';
import { storeContext, storeFacts } from './context';

/** A store's home: how the plan stands, and how much of it is used. */
export default async function StorePage({ params }: PageProps<'/store/[storeCode]'>) {
  const { storeCode } = await params;
  const { db, account, store, viewer, now } = await storeContext(storeCode, 'read');
  const [t, facts, subscription] = await Promise.all([
    getTranslations('store.home'),
    storeFacts(storeCode),
    findCurrentSubscription(db, account),
  ]);
  const { status, features: summaries, period } = toEntitlements(facts, features, now);
  const plan = planFacts(
    { subscription, currency: facts.platform.currency, graceOver: isGraceOver(subscription, now) },
    status,
  );
  const billing = (
    <ButtonLink href={`/store/${store.code}/billing` as Route} size="sm">
      {t('billing')}
    </ButtonLink>
  );
  return (
    <>
      <PageHeader title={store.name} description={t('welcome', { name: viewer.name })} />
      <div className="space-y-6">
        <PlanBanner
          plan={plan}
          now={now}
          actions={{ fix: billing, choose: billing, reactivate: billing, pay: billing }}
        />
        <Card
          id="plan"
          title={
            <>
              {t('plan')} <StatusBadge status={plan.status} />
            </>
          }
          actions={billing}
        >
          <p className="text-xl font-semibold tracking-tight text-balance">
            <PlanSentence plan={plan} now={now} />
          </p>
        </Card>
        <UsageSection uses={featureUses(summaries)} monthEnd={period.end} />
      </div>
    </>
  );
}
