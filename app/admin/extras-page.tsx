import type { Route } from 'next';
import type { ReactNode } from 'react';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/empty-state';
import type { IconName } from '@/components/ui/icon';
import { LinkTabs } from '@/components/ui/link-tabs';
import { Money } from '@/components/ui/money';
import { PageHeader } from '@/components/ui/page-header';
import { type Column, Table } from '@/components/ui/table';
import type { CatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { useTranslations } from '@/lib/i18n/translations';
import type { Extra } from './extras-fields';
import { DriftBadge, PushLink } from './push-link';

/** The page of what is sold beside the plans: platform, list, the way to make one and to push them. */
export function ExtrasPage<R extends Extra>({
  title,
  text,
  icon,
  path,
  platforms,
  chosenId,
  rows,
  drift,
  columns,
  create,
  actions,
}: {
  title: string;
  text: string;
  icon: IconName;
  path: string;
  platforms: { id: string; code: string; name: string }[];
  chosenId: string;
  rows: R[];
  drift: CatalogDrift[];
  /** What only this kind has. */
  columns: Column<R>[];
  create: ReactNode;
  actions: (row: R) => ReactNode;
}) {
  const t = useTranslations('plans');
  const all: Column<R>[] = [
    {
      key: 'name',
      header: t('name'),
      cell: (row) => (
        <span>
          <span className="font-medium">{row.name}</span>
          <span className="block font-mono text-xs text-muted">{row.code}</span>
        </span>
      ),
    },
    ...columns,
    {
      key: 'price',
      header: t('extras.price'),
      align: 'right',
      cell: (row) => <Money amount={row.unitAmount} currency={row.currency} />,
    },
    {
      key: 'state',
      header: t('state'),
      cell: (row) => (
        <span className="flex flex-wrap gap-1">
          <Badge tone={row.isActive ? 'ok' : 'neutral'}>{t(row.isActive ? 'isActive' : 'inactive')}</Badge>
          {row.stripePriceId ? null : <Badge tone="warn">{t('notPushed')}</Badge>}
          <DriftBadge drift={drift} offerId={row.id} />
        </span>
      ),
    },
    {
      key: 'more',
      header: <span className="sr-only">{t('more')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (
        <span className="flex max-w-[22rem] flex-wrap justify-end gap-2 sm:ml-auto">{actions(row)}</span>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title={title}
        description={text}
        actions={
          <>
            <PushLink drift={drift} />
            {create}
          </>
        }
      />
      {platforms.length > 1 ? (
        <div className="mb-4">
          <LinkTabs
            label={t('platform')}
            tabs={platforms.map((one) => ({
              href: `${path}?platform=${one.code}` as Route,
              label: one.name,
              current: one.id === chosenId,
            }))}
          />
        </div>
      ) : null}
      <Card flush>
        {rows.length > 0 ? (
          <Table caption={title} columns={all} rows={rows} rowKey={(row) => row.id} />
        ) : (
          <EmptyState icon={icon} title={t('extras.empty')}>
            {t('extras.emptyText')}
          </EmptyState>
        )}
      </Card>
    </>
  );
}
