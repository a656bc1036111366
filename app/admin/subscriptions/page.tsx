import type { Route } from 'next';
import Link from 'next/link';
import { StatusBadge } from '@/components/billing/status-badge';
import { buttonClass } from '@/components/ui/button';
import { DateText } from '@/components/ui/date-text';
import { choice } from '@/components/ui/filter-bar';
import { getFormat } from '@/components/ui/format';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import { withQuery } from '@/components/ui/pager';
import type { Column } from '@/components/ui/table';
import { listPlatforms } from '@/lib/billing/accounts';
import { listTierNames } from '@/lib/billing/plans/tiers';
import {
  listSubscriptions,
  type SubscriptionListRow,
  subscriptionSorts,
  subscriptionStates,
} from '@/lib/billing/reports/subscription-list';
import { subscriptionStatuses } from '@/lib/billing/statuses';
import { ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { among, one, staffContext } from '../context';
import { EditDialog } from './edit-dialog';
import { loadEdit } from './edit-load';
import { OverBadge } from './over-badge';

export const generateMetadata = pageTitle('console.subscriptions', 'title');

const PATH = '/admin/subscriptions' as Route;
const PAGE = 25;

export default async function SubscriptionsPage({ searchParams }: PageProps<'/admin/subscriptions'>) {
  const [{ db, now, locked }, query, c, t, f, s, format] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('console'),
    getTranslations('console.subscriptions'),
    getTranslations('console.filter'),
    getTranslations('billing.status'),
    getFormat(),
  ]);
  const filter = {
    search: one(query.search),
    tier: one(query.tier),
    status: among(subscriptionStatuses, query.status),
    platform: one(query.platform),
    state: among(subscriptionStates, query.state),
    sort: among(subscriptionSorts, query.sort),
  };
  const [platformRows, tierRows] = await Promise.all([listPlatforms(db), listTierNames(db)]);
  // A code may stand for a plan on each platform: the filter means them all.
  const planNames = new Map<string, string>();
  for (const row of tierRows) {
    const name = row.isPublic ? row.name : t('privateTier', { tier: row.name });
    const platform = platformRows.find((one) => one.id === row.platformId)?.name ?? '';
    planNames.set(row.code, `${planNames.get(row.code) ?? name} · ${platform}`);
  }
  const platformId = platformRows.find((row) => row.code === filter.platform)?.id;
  const cursor = one(query.cursor);
  const { tier: tierCode, platform: _, ...narrowed } = filter;
  const readPage = (after?: string) =>
    listSubscriptions(
      db,
      { ...narrowed, tierCode, platformId, cursor: after, limit: PAGE },
      { features, now },
    );
  // A senseless cursor is none, as in every list of the console.
  const page = await readPage(cursor).catch((error: unknown) => {
    if (cursor && error instanceof ValidationFailed) return readPage();
    throw error;
  });
  const here = (more: Record<string, string | undefined>) =>
    withQuery(PATH, { ...filter, cursor, ...more }) as Route;
  const editId = one(query.edit);
  const edit = editId ? await loadEdit(editId) : null;
  const columns: Column<SubscriptionListRow>[] = [
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => (
        <>
          <Link
            href={`/admin/merchants/${row.merchantId}` as Route}
            prefetch={false}
            className="stretch font-medium"
          >
            {row.merchantName}
          </Link>
          <span className="block text-sm text-muted">{row.storeCodes.join(', ')}</span>
        </>
      ),
    },
    {
      key: 'plan',
      header: t('plan'),
      cell: (row) => (
        <>
          {row.tierName}
          <span className="block text-sm text-muted">
            {[
              platformRows.find((one) => one.code === row.platformCode)?.name ?? row.platformCode,
              ...(row.interval === 'year' ? [t('annual')] : []),
              ...(row.isLocal ? [t('local')] : []),
              ...(row.isGrandfathered ? [t('grandfathered')] : []),
            ].join(' · ')}
          </span>
        </>
      ),
    },
    {
      key: 'status',
      header: t('status'),
      cell: (row) => (
        <span className="flex flex-wrap gap-1 max-sm:justify-end">
          <StatusBadge status={row.status} ending={row.cancelAt !== null && row.status === 'active'} />
          <OverBadge codes={row.over} />
        </span>
      ),
    },
    {
      key: 'period',
      header: t('period'),
      cell: (row) =>
        row.currentPeriodStart && row.currentPeriodEnd ? (
          <>
            <DateText value={row.currentPeriodStart} style="short" /> –{' '}
            <DateText value={row.currentPeriodEnd} style="short" />
          </>
        ) : (
          '–'
        ),
    },
    { key: 'features', header: t('features'), align: 'right', cell: (row) => row.featureCount },
    {
      key: 'mrr',
      header: t('mrr'),
      align: 'right',
      cell: (row) => (
        <>
          <Money amount={row.mrrCents - row.besideCents} currency={row.currency} />
          {row.besideCents !== 0 ? (
            <span className="block text-sm text-muted">
              {t('beside', { amount: format.money(row.besideCents, row.currency) })}
            </span>
          ) : null}
        </>
      ),
    },
    {
      key: 'edit',
      header: <span className="sr-only">{t('edit.edit')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (
        <Link
          href={here({ edit: row.id })}
          scroll={false}
          prefetch={false}
          aria-label={
            locked ? c('detailsOf', { name: row.merchantName }) : t('edit.title', { name: row.merchantName })
          }
          className={buttonClass('secondary', 'sm')}
        >
          {locked ? c('details') : t('edit.edit')}
        </Link>
      ),
    },
  ];
  const _next = page.nextCursor
    ? (withQuery(PATH, { ...filter, cursor: page.nextCursor }) as Route)
    : undefined;
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      filters={[
        { kind: 'text', name: 'search', label: f('search'), value: filter.search, hint: f('searchHint') },
        {
          kind: 'choice',
          name: 'tier',
          label: f('tier'),
          value: filter.tier,
          options: [...planNames].map(([value, label]) => ({ value, label })),
        },
        choice('status', f('status'), filter.status, subscriptionStatuses, (value) => s(value)),
        choice('state', f('state'), filter.state, subscriptionStates, (value) => t(`states.${value}`)),
        {
          kind: 'choice',
          name: 'platform',
          label: f('platform'),
          value: filter.platform,
          options: platformRows.map((row) => ({ value: row.code, label: row.name })),
        },
        {
          kind: 'choice',
          name: 'sort',
          label: f('sort'),
          value: filter.sort ?? 'started',
          options: subscriptionSorts.map((value) => ({ value, label: t(`sorts.${value}`) })),
          required: true,
        },
      ]}
      columns={columns}
      rows={page.rows}
      rowKey={(row) => row.id}
      empty={{ icon: 'subscriptions', title: t('empty'), text: t('emptyText') }}
      path={PATH}
      query={filter}
      isFurther={cursor !== undefined}
      next={page.nextCursor}
    >
      {edit ? <EditDialog key={editId} edit={edit} back={here({})} locked={locked} /> : null}
    </ListPage>
  );
}
