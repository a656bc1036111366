import { useFormat } from '@/components/ui/format';
import { Icon } from '@/components/ui/icon';
import { type Column, Table } from '@/components/ui/table';
import { useTranslations } from '@/lib/i18n/translations';
import type { TierFacts } from './facts';
import { useFeatureName } from './feature-words';

/** Every feature of every plan, one row each; on a small screen one block each. */
export function TierCompare({ tiers }: { tiers: TierFacts[] }) {
  const t = useTranslations('billing.tiers');
  const unlimited = useTranslations('common')('unlimited');
  const name = useFeatureName();
  const format = useFormat();
  const names = new Map(tiers.flatMap((tier) => tier.limits.map((limit) => [limit.featureCode, limit.name])));

  const columns: Column<string>[] = [
    {
      key: 'feature',
      header: t('feature'),
      label: '',
      cell: (code) => <span className="font-medium">{name(code, names.get(code))}</span>,
    },
    ...tiers.map((tier) => ({
      key: tier.code,
      header: tier.name,
      align: 'right' as const,
      cell: (code: string) => {
        const limit = tier.limits.find((l) => l.featureCode === code);
        if (!limit?.enabled || limit.limitValue === 0) {
          return (
            <>
              <Icon name="minus" className="inline size-4 text-muted" />
              <span className="sr-only">{t('notIncluded')}</span>
            </>
          );
        }
        if (limit.binary) {
          return (
            <>
              <Icon name="check" className="inline size-4 text-accent-ink" />
              <span className="sr-only">{t('included')}</span>
            </>
          );
        }
        return limit.limitValue === null ? unlimited : format.number(limit.limitValue);
      },
    })),
  ];
  return <Table caption={t('compare')} columns={columns} rows={[...names.keys()]} rowKey={(code) => code} />;
}
