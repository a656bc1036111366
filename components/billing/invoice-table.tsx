import { Badge, type Tone } from '@/components/ui/badge';
import { DateText } from '@/components/ui/date-text';
import { EmptyState } from '@/components/ui/empty-state';
import { useFormat } from '@/components/ui/format';
import { Money } from '@/components/ui/money';
import { type Column, Table } from '@/components/ui/table';
import { useTranslations } from '@/lib/i18n/translations';
import type { InvoiceRow } from './shapes';

const tones: Record<InvoiceRow['status'], Tone> = {
  draft: 'neutral',
  open: 'warn',
  paid: 'ok',
  void: 'neutral',
  uncollectible: 'danger',
};

/** What was charged: number, date, state, amounts, and where to read or pay it. */
export function InvoiceTable({ invoices }: { invoices: InvoiceRow[] }) {
  const t = useTranslations('billing.invoices');
  const format = useFormat();
  if (invoices.length === 0) {
    return (
      <EmptyState icon="orders" title={t('empty')}>
        {t('emptyText')}
      </EmptyState>
    );
  }
  const columns: Column<InvoiceRow>[] = [
    {
      key: 'number',
      header: t('number'),
      cell: (row) => <span className="font-medium">{row.number ?? '–'}</span>,
    },
    { key: 'date', header: t('date'), cell: (row) => <DateText value={row.issuedAt} style="short" /> },
    { key: 'for', header: t('for'), cell: (row) => t(`kinds.${row.kind}`) },
    {
      key: 'status',
      header: t('status'),
      cell: (row) => (
        <span className="inline-flex flex-wrap justify-end gap-1">
          <Badge tone={tones[row.status]}>{t(row.status)}</Badge>
          {row.refunded > 0 ? (
            <Badge>{t('refunded', { amount: format.money(row.refunded, row.currency) })}</Badge>
          ) : null}
          {row.disputed ? <Badge tone="danger">{t('disputed')}</Badge> : null}
        </span>
      ),
    },
    {
      key: 'net',
      header: t('net'),
      align: 'right',
      cell: (row) => <Money amount={row.subtotal} currency={row.currency} />,
    },
    {
      key: 'tax',
      header: t('tax'),
      align: 'right',
      cell: (row) => <Money amount={row.tax} currency={row.currency} />,
    },
    {
      key: 'total',
      header: t('total'),
      align: 'right',
      cell: (row) => (
        <span className="font-medium">
          <Money amount={row.total} currency={row.currency} />
        </span>
      ),
    },
    {
      key: 'links',
      header: <span className="sr-only">{t('view')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (
        <span className="inline-flex gap-4">
          {row.hostedInvoiceUrl ? (
            <a
              href={row.hostedInvoiceUrl}
              className="link"
              aria-label={t('viewNumber', { number: row.number ?? '' })}
            >
              {row.status === 'open' ? t('pay') : t('view')}
            </a>
          ) : null}
          {row.invoicePdf ? (
            <a
              href={row.invoicePdf}
              className="link"
              aria-label={t('pdfNumber', { number: row.number ?? '' })}
            >
              {t('pdf')}
            </a>
          ) : null}
        </span>
      ),
    },
  ];
  return <Table caption={t('title')} columns={columns} rows={invoices} rowKey={(row) => row.id} />;
}
