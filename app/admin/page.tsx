import type { Route } from 'next';
import Link from 'next/link';
import { redirect } from 'next/navigation';
import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Figures } from '@/components/ui/figures';
import { getFormat } from '@/components/ui/format';
import { LinkTabs } from '@/components/ui/link-tabs';
import { PageHeader } from '@/components/ui/page-header';
import { withQuery } from '@/components/ui/pager';
import { listMovements, listTrialConversions } from '@/lib/billing/reports/movements';
import { listCohorts } from '@/lib/billing/reports/retention';
import { type Amounts, getStats } from '@/lib/billing/reports/stats';
import { getTranslations } from '@/lib/i18n/translations';
import { findStore } from '@/lib/tenancy/merchants';
import { among, one, staffContext } from './context';
import { MovementsCard } from './movements-card';
import { movementKinds, periods, readPeriod } from './period';
import { PlanMix } from './plan-mix';
import { choosePlatform } from './platform';
import { RetentionCard, retentionMeasures } from './retention-card';
import { StoreFinder } from './store-finder';

/** How the business stands now and how it moved. */
export default async function AdminPage({ searchParams }: PageProps<'/admin'>) {
  const [{ db, viewer, now }, query, t, format, { all, chosen }] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('merchant.overview'),
    getFormat(),
    choosePlatform(undefined),
  ]);
  const code = one(query.store)?.toUpperCase() ?? '';
  const store = code ? await findStore(db, code) : null;
  if (store) redirect(`/store/${store.code}/billing`);
  const { months, platform, range, before } = await readPeriod(query, all);
  const retention = among(retentionMeasures, query.retention);
  const [stats, both, trials, cohorts, o] = await Promise.all([
    getStats(db, now, platform?.id),
    listMovements(db, { ...range, from: before }),
    listTrialConversions(db, range),
    listCohorts(db, range),
    getTranslations('console.overview'),
  ]);
  const begin = range.from.toISOString().slice(0, 10);
  const [movements, earlier] = [
    both.filter((row) => row.month >= begin),
    both.filter((row) => row.month < begin),
  ];
  const started = trials.reduce((sum, row) => sum + row.started, 0);
  const converted = trials.reduce((sum, row) => sum + row.converted, 0);
  const currencies = [...new Set(movements.map((row) => row.currency))];
  const address = (shown: { months?: string; platform?: string; retention?: string }) =>
    withQuery('/admin', { months, platform: platform?.code, retention, ...shown }) as Route;
  const subscriptionsOf = (filter: Record<string, string>) =>
    withQuery('/admin/subscriptions', { ...filter, platform: platform?.code }) as Route;
  // Who is owed for, as the money beside it: also where the retries are over.
  const behind = stats.pastDue + (stats.byStatus.unpaid ?? 0);
  return (
    <>
      <PageHeader title={t('title')} description={t('welcome', { name: viewer.name })} />
      {all.length > 1 ? (
        <div className="mb-4">
          <LinkTabs
            label={t('platform')}
            tabs={[{ code: undefined, name: t('all'), id: undefined }, ...all].map((row) => ({
              href: address({ platform: row.code }),
              label: row.name,
              current: row.id === platform?.id,
            }))}
          />
        </div>
      ) : null}
      <div className="space-y-6">
        <Figures
          figures={[
            { label: t('mrr'), value: money(stats.mrr), note: moved() },
            { label: t('arr'), value: money(stats.arr) },
            {
              label: t('trials'),
              value: (
                <Link
                  href={subscriptionsOf({ status: 'trialing' })}
                  prefetch={false}
                  className="hover:underline"
                >
                  {format.number(stats.trialing)}
                  <span className="sr-only"> {o('showTrials')}</span>
                </Link>
              ),
              note:
                started > 0
                  ? t('conversion', { share: format.percent((converted / started) * 100) })
                  : t('noTrials'),
            },
            {
              label: t('atRisk'),
              value: money(stats.atRisk),
              note:
                behind > 0 ? (
                  <Link href={subscriptionsOf({ state: 'past_due' })} prefetch={false} className="link">
                    {t('pastDue', { count: behind })}
                  </Link>
                ) : (
                  t('pastDue', { count: 0 })
                ),
            },
            {
              label: t('churn'),
              value: stats.churnRate30d === null ? '–' : format.percent(stats.churnRate30d * 100),
              note: t('churnHint'),
            },
          ]}
        />
        <div className="flex flex-wrap items-center justify-between gap-3">
          <LinkTabs
            label={t('periodLabel')}
            tabs={periods.map((value) => ({
              href: address({ months: value }),
              label: t('period', { months: Number(value) }),
              current: value === months,
            }))}
          />
          <a
            href={withQuery('/admin/export', { months, platform: platform?.code })}
            className={buttonClass('ghost')}
            download
          >
            {t('export')}
          </a>
        </div>
        {currencies.length === 0 ? (
          <Card title={t('movements')}>
            <p className="text-muted">{t('noMovements')}</p>
          </Card>
        ) : null}
        {currencies.map((currency) => (
          <MovementsCard
            key={currency}
            currency={currency}
            months={movements.filter((row) => row.currency === currency)}
          />
        ))}
        {[...new Set(cohorts.map((cohort) => cohort.currency))].map((currency) => (
          <RetentionCard
            key={currency}
            currency={currency}
            cohorts={cohorts.filter((cohort) => cohort.currency === currency)}
            measure={retention ?? 'accounts'}
            address={(measure) => address({ retention: measure })}
            file={withQuery('/admin/export', { what: 'retention', months, platform: platform?.code })}
          />
        ))}
        <div className="grid items-start gap-6 lg:grid-cols-2">
          <PlanMix stats={stats} listOf={(tier) => subscriptionsOf({ tier: tier.code, state: 'running' })} />
          <StoreFinder code={code} />
        </div>
      </div>
    </>
  );

  /** What all movements of the period come to, beside those of the one before, by currency. */
  function moved() {
    const net = (rows: typeof both, currency: string) => {
      const own = rows.filter((row) => row.currency === currency);
      const sum = own.flatMap((row) => movementKinds.map((kind) => row[kind])).reduce((a, b) => a + b, 0);
      return `${sum > 0 ? '+' : ''}${format.money(sum, currency)}`;
    };
    return currencies.map((currency) => (
      <span key={currency} className="block">
        <span className="block">{o('moved', { amount: net(movements, currency) })}</span>
        <span className="block">{o('movedBefore', { amount: net(earlier, currency) })}</span>
      </span>
    ));
  }

  function money(amounts: Amounts) {
    const sums = amounts.length > 0 ? amounts : [{ currency: chosen.defaultCurrency, amount: 0 }];
    return (
      <span className="flex flex-col">
        {sums.map((sum) => (
          <span key={sum.currency}>{format.money(sum.amount, sum.currency)}</span>
        ))}
      </span>
    );
  }
}
