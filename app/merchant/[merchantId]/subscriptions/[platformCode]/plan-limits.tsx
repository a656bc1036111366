import { useFeatureName } from '@/components/billing/feature-words';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { useFormat } from '@/components/ui/format';
import { type Column, Table } from '@/components/ui/table';
import type { Entitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { useTranslations } from '@/lib/i18n/translations';

type Row = Entitlements['features'][number];

/** Every feature and what the plan gives of it. */
export function PlanLimits({ entitlements }: { entitlements: Entitlements }) {
  const t = useTranslations('merchant.own');
  const nameOf = useFeatureName();
  const format = useFormat();
  const columns: Column<Row>[] = [
    {
      key: 'feature',
      header: t('feature'),
      cell: (row) => <span className="font-medium">{nameOf(row.code, row.name)}</span>,
    },
    {
      key: 'plan',
      header: t('plan'),
      cell: (row) =>
        row.enabled ? (
          row.featureType === 'binary' ? (
            <Badge tone="ok">{t('included')}</Badge>
          ) : row.limit === null ? (
            t('unlimited')
          ) : (
            format.number(row.limit)
          )
        ) : (
          <span className="text-muted">{t('off')}</span>
        ),
    },
    {
      key: 'used',
      header: t('used'),
      align: 'right',
      cell: (row) => (row.featureType === 'binary' ? '–' : format.number(row.current)),
    },
  ];
  return (
    <Card id="limits" title={t('limits')} flush>
      <Table
        caption={t('limits')}
        columns={columns}
        rows={entitlements.features}
        rowKey={(row) => row.code}
      />
    </Card>
  );
}
