import { DateText } from '@/components/ui/date-text';
import { useFormat } from '@/components/ui/format';
import { type Column, Table } from '@/components/ui/table';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import { useTranslations } from '@/lib/i18n/translations';

type Entry = BillingOverview['credits']['ledger'][number];

/** Every credit that came or went; the balance is the sum. `note` adds what staff knows of a line. */
export function CreditLedger<Line extends Entry>({
  ledger,
  note,
}: {
  ledger: Line[];
  note?: (line: Line) => string | null;
}) {
  const t = useTranslations('billing.credits');
  const format = useFormat();
  if (ledger.length === 0) return <p className="text-muted">{t('empty')}</p>;
  const columns: Column<Line>[] = [
    { key: 'when', header: t('when'), cell: (entry) => <DateText value={entry.at} style="short" /> },
    {
      key: 'what',
      header: t('what'),
      cell: (entry) => {
        const more = note?.(entry);
        return (
          <>
            {t(`kinds.${entry.kind}`)}
            {more ? <span className="block text-sm text-muted">{more}</span> : null}
          </>
        );
      },
    },
    { key: 'bucket', header: t('bucket'), cell: (entry) => t(entry.bucket) },
    {
      key: 'amount',
      header: t('amount'),
      align: 'right',
      cell: (entry) => (
        <span className={entry.amount > 0 ? 'font-medium text-ok-ink' : 'font-medium'}>
          {entry.amount > 0 ? '+' : '−'}
          {format.number(Math.abs(entry.amount))}
        </span>
      ),
    },
  ];
  return <Table caption={t('ledger')} columns={columns} rows={ledger} rowKey={(entry) => entry.id} />;
}
