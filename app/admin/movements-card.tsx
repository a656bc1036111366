import { MovementBars } from '@/components/charts/movement-bars';
import { Card } from '@/components/ui/card';
import { Disclosure } from '@/components/ui/disclosure';
import { useFormat } from '@/components/ui/format';
import { type Column, Table } from '@/components/ui/table';
import type { MonthOfMovements } from '@/lib/billing/reports/movements';
import { useTranslations } from '@/lib/i18n/translations';
import { decimalsOf } from '@/lib/money';
import { movementKinds } from './period';

/** How recurring revenue moved by month in one currency: drawn, and in numbers behind a toggle. */
export function MovementsCard({ currency, months }: { currency: string; months: MonthOfMovements[] }) {
  const t = useTranslations('merchant.overview');
  const format = useFormat();
  const money = (amount: number) => format.money(amount, currency);
  const label = (month: string) => format.date(month, 'month');
  const title = t('movementsIn', { currency });
  const columns: Column<MonthOfMovements>[] = [
    { key: 'month', header: t('month'), cell: (row) => label(row.month) },
    ...movementKinds.map((kind) => ({
      key: kind,
      header: t(`kinds.${kind}`),
      align: 'right' as const,
      cell: (row: MonthOfMovements) => money(row[kind]),
    })),
    { key: 'closing', header: t('closing'), align: 'right', cell: (row) => money(row.closing) },
  ];
  return (
    <Card id={`movements-${currency}`} title={title} description={t('movementsText')}>
      <MovementBars
        label={title}
        unit={10 ** (decimalsOf(currency) ?? 2)}
        kinds={movementKinds.map((key) => ({ key, label: t(`kinds.${key}`) }))}
        movements={months.map((row) => ({
          label: label(row.month),
          values: Object.fromEntries(movementKinds.map((kind) => [kind, row[kind]])),
          texts: Object.fromEntries(movementKinds.map((kind) => [kind, money(row[kind])])),
        }))}
      />
      <Disclosure summary={t('table')} className="mt-3">
        <Table caption={title} columns={columns} rows={months} rowKey={(row) => row.month} />
      </Disclosure>
    </Card>
  );
}
