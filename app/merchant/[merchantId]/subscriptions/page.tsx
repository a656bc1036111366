import type { Route } from 'next';
import Link from 'next/link';
import { planFacts } from '@/components/billing/facts';
import { PlanSentence } from '@/components/billing/plan-sentence';
import { StatusBadge } from '@/components/billing/status-badge';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { PageHeader } from '@/components/ui/page-header';
import { accountKey } from '@/lib/billing/features';
import { isGraceOver } from '@/lib/billing/reports/overview';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { merchantContext } from '../context';
import { loadPlans } from './load';

export const generateMetadata = pageTitle('merchant.own', 'nav');

/** Every subscription of a merchant, platform by platform. */
export default async function SubscriptionsPage({
  params,
}: PageProps<'/merchant/[merchantId]/subscriptions'>) {
  const { merchantId } = await params;
  const [{ merchant, platforms, stores, now }, { current, entitlements }, t] = await Promise.all([
    merchantContext(merchantId),
    loadPlans(merchantId),
    getTranslations('merchant.own'),
  ]);
  return (
    <>
      <PageHeader title={t('title', { name: merchant.name })} description={t('description')} />
      <div className="space-y-6">
        {platforms.length === 0 ? (
          <Card>
            <EmptyState icon="subscriptions" title={t('empty')}>
              {t('emptyText')}
            </EmptyState>
          </Card>
        ) : null}
        {platforms.map((platform) => {
          const subscription = current.get(platform.id) ?? null;
          const own = entitlements.get(accountKey({ merchantId, platformId: platform.id }));
          const plan = planFacts(
            {
              subscription,
              currency: platform.defaultCurrency,
              graceOver: isGraceOver(subscription, now),
            },
            own?.status ?? 'none',
          );
          return (
            <Card
              key={platform.id}
              id={platform.code}
              title={
                <>
                  {platform.name} <StatusBadge status={plan.status} ending={plan.cancelAt !== null} />
                </>
              }
              actions={
                <ButtonLink
                  href={`/merchant/${merchantId}/subscriptions/${platform.code}` as Route}
                  size="sm"
                >
                  {t('details')} <span className="sr-only">{t('on', { platform: platform.name })}</span>
                </ButtonLink>
              }
            >
              <p className="text-lg font-medium">
                <PlanSentence plan={plan} now={now} />
              </p>
              <p className="mt-2 flex flex-wrap gap-x-4 gap-y-1">
                {stores
                  .filter((store) => store.platformId === platform.id)
                  .map((store) => (
                    <Link
                      key={store.id}
                      href={`/store/${store.code}/billing` as Route}
                      prefetch={false}
                      className="link"
                    >
                      {t('billing', { store: store.name })}
                    </Link>
                  ))}
              </p>
            </Card>
          );
        })}
      </div>
    </>
  );
}
