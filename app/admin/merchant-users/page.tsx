import type { Route } from 'next';
import { Badge } from '@/components/ui/badge';
import { Figures } from '@/components/ui/figures';
import { choice } from '@/components/ui/filter-bar';
import { ListPage } from '@/components/ui/list-page';
import { type Column, dateColumn } from '@/components/ui/table';
import { pageTitle } from '@/lib/i18n/translations';
import { readPage, type Slice } from '@/lib/page';
import { getMerchantUserStats, listMerchantUsers, type MerchantUserRow } from '@/lib/tenancy/merchant-list';
import { among, listContext, one } from '../context';
import { MerchantLink } from '../merchant-link';

export const generateMetadata = pageTitle('console.people', 'title');

const PATH = '/admin/merchant-users' as Route;
const PAGE = 25;
const ROLES = ['owner', 'member'] as const;

export default async function PeoplePage({ searchParams }: PageProps<'/admin/merchant-users'>) {
  const [{ db }, query, t, f] = await listContext(searchParams, 'console.people');
  const filter = { search: one(query.search), role: among(ROLES, query.role), merchant: one(query.merchant) };
  const { search, role, merchant: merchantId } = filter;
  const list = async (slice: Slice) =>
    (await listMerchantUsers(db, { search, role, merchantId, ...slice })).map((row) => ({
      ...row,
      id: row.userId,
    }));
  const [page, stats] = await Promise.all([
    readPage(query.cursor, PAGE, list, (row) => row.createdAt),
    getMerchantUserStats(db, merchantId),
  ]);
  const columns: Column<MerchantUserRow & { id: string }>[] = [
    { key: 'name', header: t('name'), cell: (row) => <span className="font-medium">{row.name}</span> },
    { key: 'email', header: t('email'), cell: (row) => <span className="break-all">{row.email}</span> },
    {
      key: 'role',
      header: t('role'),
      cell: (row) => (
        <>
          <Badge tone={row.role === 'owner' ? 'accent' : 'neutral'}>{t(`roles.${row.role}`)}</Badge>{' '}
          {row.disabled ? <Badge tone="warn">{t('disabled')}</Badge> : null}
        </>
      ),
    },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => (
        <>
          <MerchantLink id={row.merchantId} name={row.merchantName} />
          {row.merchantCount > 1 ? (
            <span className="text-muted"> {t('more', { count: row.merchantCount - 1 })}</span>
          ) : null}
        </>
      ),
    },
    dateColumn('since', t('since'), (row) => row.createdAt),
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      filters={[
        { kind: 'text', name: 'search', label: f('search'), value: filter.search, hint: f('peopleHint') },
        choice('role', t('role'), filter.role, ROLES, (value) => t(`roles.${value}`)),
      ]}
      columns={columns}
      rowKey={(row) => row.id}
      empty={{ icon: 'team', title: t('empty'), text: t('emptyText') }}
      path={PATH}
      query={filter}
      {...page}
    >
      {' '}
      <div className="mb-6">
        <Figures
          figures={[
            { label: t('total'), value: stats.total },
            { label: t('owners'), value: stats.owners },
            { label: t('members'), value: stats.teamMembers },
          ]}
        />
      </div>
    </ListPage>
  );
}
