import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import { Figures } from '@/components/ui/figures';
import { getFormat } from '@/components/ui/format';
import { PageHeader } from '@/components/ui/page-header';
import { checkFlag } from '@/lib/billing/entitlements/room';
import { analyticsDashboard, basicAnalytics } from '@/lib/catalog/features';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { loadSalesFigures } from '@/lib/orders/orders';
import { addDays } from '@/lib/time';
import { storeContext } from '../context';
import { Locked } from '../locked';
import { SalesChart } from './sales-chart';

export const generateMetadata = pageTitle('store.analytics', 'title');

const DAYS = 30;

/** Totals with basic analytics, charts with the dashboard; what is locked says what unlocks it. */
export default async function AnalyticsPage({ params }: PageProps<'/store/[storeCode]/analytics'>) {
  const { storeCode } = await params;
  const { db, account, store, now } = await storeContext(storeCode, 'read');
  const [t, format, noTotals] = await Promise.all([
    getTranslations('store.analytics'),
    getFormat(),
    checkFlag(db, account, basicAnalytics, now),
  ]);
  if (noTotals) {
    return (
      <>
        <PageHeader title={t('title')} />
        <Locked storeCode={store.code} refusal={noTotals} />
      </>
    );
  }
  const [noCharts, sales] = await Promise.all([
    checkFlag(db, account, analyticsDashboard, now),
    loadSalesFigures(db, store.id, addDays(now, -DAYS)),
  ]);
  return (
    <>
      <PageHeader title={t('title')} description={t('period')} />
      <div className="space-y-6">
        {sales.length === 0 ? (
          <Card>
            <EmptyState icon="analytics" title={t('empty')}>
              {t('emptyText')}
            </EmptyState>
          </Card>
        ) : null}
        {sales.map((figures) => (
          <div key={figures.currency} className="space-y-6">
            <Figures
              figures={[
                { label: t('orders'), value: format.number(figures.orders) },
                { label: t('revenue'), value: format.money(figures.total, figures.currency) },
                {
                  label: t('average'),
                  value: format.money(Math.round(figures.total / figures.orders), figures.currency),
                },
              ]}
            />
            {noCharts ? null : <SalesChart figures={figures} now={now} days={DAYS} />}
          </div>
        ))}
        {noCharts ? <Locked storeCode={store.code} refusal={noCharts} /> : null}
      </div>
    </>
  );
}
