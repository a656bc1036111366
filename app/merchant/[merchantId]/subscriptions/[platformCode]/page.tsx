import type { Metadata, Route } from 'next';
import { notFound } from 'next/navigation';
import { planFacts } from '@/components/billing/facts';
import { PlanCard } from '@/components/billing/plan-card';
import { ButtonLink } from '@/components/ui/button';
import { PageHeader } from '@/components/ui/page-header';
import { loadEntitlementFacts, toEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { getBillingOverview } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { ExplainedUsage } from '../../../../store/[storeCode]/billing/explained-usage';
import { merchantContext } from '../../context';
import { PlanLimits } from './plan-limits';

type Props = PageProps<'/merchant/[merchantId]/subscriptions/[platformCode]'>;

/** The platform of the address; one the merchant is not on does not exist. */
async function readPlatform(params: Props['params']) {
  const { merchantId, platformCode } = await params;
  const context = await merchantContext(merchantId);
  const platform = context.platforms.find((one) => one.code === platformCode) ?? notFound();
  return { ...context, platform };
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await readPlatform(params)).platform.name };
}

/** One subscription of a merchant: its state, what is used of it and what its plan gives. */
export default async function SubscriptionPage({ params }: Props) {
  const { db, merchant, platform, stores, now } = await readPlatform(params);
  const account = { merchantId: merchant.id, platformId: platform.id };
  const [t, overview, facts] = await Promise.all([
    getTranslations('merchant.own'),
    getBillingOverview(db, account, now, { invoices: 1, ledger: 1 }),
    loadEntitlementFacts(db, account, now),
  ]);
  const entitlements = toEntitlements(facts, features, now);
  const plan = planFacts(overview, entitlements.status);
  const first = stores.find((store) => store.platformId === platform.id);
  return (
    <>
      <PageHeader
        title={platform.name}
        description={merchant.name}
        actions={
          <>
            <ButtonLink href={`/merchant/${merchant.id}/subscriptions` as Route}>{t('back')}</ButtonLink>
            {first ? (
              <ButtonLink href={`/store/${first.code}/billing` as Route}>
                {t('billing', { store: first.name })}
              </ButtonLink>
            ) : null}
          </>
        }
      />
      <div className="space-y-6">
        <PlanCard title={t('plan')} plan={plan} now={now} />
        <ExplainedUsage {...{ entitlements, facts, overview, stores, now }} />
        <PlanLimits entitlements={entitlements} />
      </div>
    </>
  );
}
