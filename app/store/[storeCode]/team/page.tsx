import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { getFormat } from '@/components/ui/format';
import { PageHeader } from '@/components/ui/page-header';
import { type Column, Table } from '@/components/ui/table';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { teamLimit } from '@/lib/tenancy/features';
import { listStores } from '@/lib/tenancy/stores';
import { listTeam, type PendingInvitation, type TeamMember } from '@/lib/tenancy/team';
import { storeContext } from '../context';
import { LimitLine } from '../limit-line';
import { InviteMember, RemoveMember, WithdrawInvitation } from './forms';

export const generateMetadata = pageTitle('store.team', 'title');

export default async function TeamPage({ params }: PageProps<'/store/[storeCode]/team'>) {
  const { storeCode } = await params;
  const { db, account, store, canWrite } = await storeContext(storeCode, 'read');
  const [t, common, format, team, stores] = await Promise.all([
    getTranslations('store.team'),
    getTranslations('common'),
    getFormat(),
    listTeam(db, account),
    listStores(db, account),
  ]);
  const shared = { storeCode: store.code, disabledReason: canWrite ? undefined : common('readOnly') };
  const storeName = (id: string | null) => stores.find((one) => one.id === id)?.name ?? '–';

  const members: Column<TeamMember>[] = [
    { key: 'name', header: t('name'), cell: (row) => <span className="font-medium">{row.name}</span> },
    { key: 'email', header: t('email'), cell: (row) => row.email },
    {
      key: 'role',
      header: t('role'),
      cell: (row) => <Badge tone={row.role === 'owner' ? 'accent' : 'neutral'}>{t(row.role)}</Badge>,
    },
    { key: 'store', header: t('store'), cell: (row) => storeName(row.storeId) },
    { key: 'since', header: t('since'), cell: (row) => <DateText value={row.since} style="short" /> },
    {
      key: 'remove',
      header: <span className="sr-only">{t('remove')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (row.role === 'member' ? <RemoveMember {...shared} member={row} /> : null),
    },
  ];
  const invited: Column<PendingInvitation>[] = [
    { key: 'email', header: t('email'), cell: (row) => <span className="font-medium">{row.email}</span> },
    { key: 'store', header: t('store'), cell: (row) => storeName(row.storeId) },
    {
      key: 'until',
      header: t('pending'),
      cell: (row) => t('until', { date: format.date(row.expiresAt, 'short') }),
    },
    {
      key: 'withdraw',
      header: <span className="sr-only">{t('withdraw')}</span>,
      label: '',
      align: 'right',
      cell: (row) => <WithdrawInvitation {...shared} invitation={row} />,
    },
  ];
  return (
    <>
      <PageHeader
        title={t('title')}
        description={<LimitLine storeCode={store.code} feature={teamLimit} />}
        actions={<InviteMember {...shared} />}
      />
      <div className="space-y-6">
        <Card flush>
          <Table caption={t('title')} columns={members} rows={team.members} rowKey={(row) => row.userId} />
        </Card>
        <Card id="invitations" title={t('invitations')} flush={team.invitations.length > 0}>
          {team.invitations.length > 0 ? (
            <Table
              caption={t('invitations')}
              columns={invited}
              rows={team.invitations}
              rowKey={(row) => row.id}
            />
          ) : (
            <p className="text-muted">{t('noInvitations')}</p>
          )}
        </Card>
      </div>
    </>
  );
}
