import type { Metadata } from 'next';
import { useFeatureName } from '@/components/billing/feature-words';
import { Badge } from '@/components/ui/badge';
import { useFormat } from '@/components/ui/format';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import type { Column } from '@/components/ui/table';
import { listCatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { type ExtraKind, type Extras, listExtras } from '@/lib/billing/plans/extras';
import { listBoughtExtras } from '@/lib/billing/plans/in-use';
import { getTranslations, useTranslations } from '@/lib/i18n/translations';
import { staffContext } from '../context';
import { choosePlatform } from '../platform';
import { PlatformTabs } from '../platform-tabs';
import { DriftBadge, PushLink } from '../push-link';
import { ExtraActions, ExtraForm } from './extra-form';

type Row = Extras[ExtraKind];

const words = {
  add_on: { title: 'addOns', text: 'addOnsText', icon: 'add-ons', path: '/admin/add-ons' },
  credit_package: {
    title: 'packages',
    text: 'packagesText',
    icon: 'credits',
    path: '/admin/credit-packages',
  },
} as const;

export async function extrasMetadata(kind: ExtraKind): Promise<Metadata> {
  return { title: (await getTranslations('plans.extras'))(words[kind].title) };
}

/** The page of what is sold beside the plans: platform, list, the way to make one and to push them. */
export async function ExtrasPage({ kind, platform }: { kind: ExtraKind; platform: string | undefined }) {
  const [{ db, locked }, { chosen, all }] = await Promise.all([staffContext(), choosePlatform(platform)]);
  const [rows, bought, drift] = await Promise.all([
    listExtras(db, kind, chosen.id, { all: true }),
    listBoughtExtras(db, kind, chosen.id),
    listCatalogDrift(db),
  ]);
  return <ExtraList {...{ kind, chosen, all, rows, bought, drift, locked }} />;
}

function ExtraList({
  kind,
  chosen,
  all,
  rows,
  bought,
  drift,
  locked,
}: Awaited<ReturnType<typeof choosePlatform>> & {
  kind: ExtraKind;
  rows: Row[];
  bought: Set<string>;
  drift: Awaited<ReturnType<typeof listCatalogDrift>>;
  locked: string | undefined;
}) {
  const t = useTranslations('plans');
  const { title, text, icon, path } = words[kind];
  const own = useOwnColumns();
  const shared = { kind, platformId: chosen.id, disabledReason: locked };
  const columns: Column<Row>[] = [
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
    ...own[kind],
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
        <span className="flex max-w-[22rem] flex-wrap justify-end gap-2 sm:ml-auto">
          <ExtraForm {...shared} currency={chosen.defaultCurrency} extra={row} />
          <ExtraActions {...shared} extra={row} isBought={bought.has(row.id)} />
        </span>
      ),
    },
  ];
  return (
    <ListPage
      title={t(`extras.${title}`)}
      description={t(`extras.${text}`)}
      actions={
        <>
          <PushLink drift={drift} />
          <ExtraForm {...shared} currency={chosen.defaultCurrency} />
        </>
      }
      path={path}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      empty={{ icon, title: t('extras.empty'), text: t('extras.emptyText') }}
    >
      <PlatformTabs path={path} all={all} chosen={chosen} />
    </ListPage>
  );
}

/** What only one kind has. */
function useOwnColumns(): Record<ExtraKind, Column<Row>[]> {
  const t = useTranslations('plans.extras');
  const nameOf = useFeatureName();
  const format = useFormat();
  return {
    add_on: [
      {
        key: 'category',
        header: t('category'),
        cell: (row) => ('category' in row ? t(`categories.${row.category}`) : null),
      },
      {
        key: 'adds',
        header: t('adds'),
        cell: (row) =>
          'features' in row
            ? row.features.map((adds) => `${nameOf(adds.featureCode)} +${adds.amount}`).join(', ') || '–'
            : null,
      },
      {
        key: 'interval',
        header: t('interval'),
        cell: (row) => ('interval' in row ? t(`intervals.${row.interval}`) : null),
      },
    ],
    credit_package: [
      {
        key: 'credits',
        header: t('credits'),
        align: 'right',
        cell: (row) => ('credits' in row ? format.number(row.credits) : null),
      },
    ],
  };
}
