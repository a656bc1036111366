import { Badge } from '@/components/ui/badge';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { DateText } from '@/components/ui/date-text';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { FormDialog } from '@/components/ui/form-dialog';
import { ListPage } from '@/components/ui/list-page';
import type { Column } from '@/components/ui/table';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { type ApiKeyRow, apiKeyRoles, listApiKeys } from '@/lib/tenancy/api-keys';
import { staffContext } from '../context';
import { MerchantLink } from '../merchant-link';
import { createKey, revokeKey } from './actions';

export const generateMetadata = pageTitle('console.keys', 'title');

type KeyRow = Awaited<ReturnType<typeof listApiKeys>>[number];

export default async function ApiKeysPage() {
  const [{ db, locked }, t, _c] = await Promise.all([
    staffContext(),
    getTranslations('console.keys'),
    getTranslations('console'),
  ]);
  const keys = await listApiKeys(db);
  const state = (row: ApiKeyRow) =>
    row.revokedAt ? 'revoked' : row.expiresAt && row.expiresAt <= new Date() ? 'expired' : 'active';
  const columns: Column<KeyRow>[] = [
    {
      key: 'name',
      header: t('name'),
      cell: (row) => (
        <>
          <span className="font-medium">{row.name}</span>
          <span className="block font-mono text-xs text-muted">{row.prefix}…</span>
        </>
      ),
    },
    { key: 'role', header: t('role'), cell: (row) => t(`roles.${row.role}`) },
    {
      key: 'merchant',
      header: t('merchant'),
      cell: (row) => <MerchantLink id={row.merchantId} name={row.merchantName} none={t('all')} />,
    },
    { key: 'made', header: t('made'), cell: (row) => <DateText value={row.createdAt} style="short" /> },
    {
      key: 'expires',
      header: t('expires'),
      cell: (row) => (row.expiresAt ? <DateText value={row.expiresAt} style="short" /> : t('never')),
    },
    {
      key: 'state',
      header: t('state'),
      cell: (row) => <Badge tone={state(row) === 'active' ? 'ok' : 'neutral'}>{t(state(row))}</Badge>,
    },
    {
      key: 'used',
      header: t('used'),
      cell: (row) => (row.lastUsedAt ? <DateText value={row.lastUsedAt} style="time" /> : t('never')),
    },
    {
      key: 'revoke',
      header: <span className="sr-only">{t('revoke')}</span>,
      label: '',
      align: 'right',
      cell: (row) =>
        state(row) === 'active' ? (
          <ActionForm action={revokeKey} fields={{ id: row.id }}>
            <ConfirmButton
              question={t('revokeQuestion', { name: row.name })}
              confirm={t('revoke')}
              cancel={t('keep')}
              disabledReason={locked}
            >
              {t('revoke')}
            </ConfirmButton>
          </ActionForm>
        ) : null,
    },
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      actions={
        <FormDialog
          trigger={t('create')}
          variant="primary"
          title={t('create')}
          disabledReason={locked}
          action={createKey}
          submit={t('create')}
        >
          <TextField name="name" label={t('name')} maxLength={80} required />
          <SelectField
            name="role"
            label={t('role')}
            defaultValue="usage"
            options={apiKeyRoles.map((value) => ({ value, label: t(`roles.${value}`) }))}
          />
          <TextField name="merchant" label={t('merchant')} hint={t('merchantHint')} />
          <TextField name="expires" type="date" label={t('expires')} />
        </FormDialog>
      }
      columns={columns}
      rows={keys}
      rowKey={(row) => row.id}
      empty={{ icon: 'key', title: t('empty'), text: t('emptyText') }}
      path="/admin/api-keys"
    />
  );
}
