import type { Tone } from '@/components/ui/badge';
import { EmptyState } from '@/components/ui/empty-state';
import { useFormat } from '@/components/ui/format';
import { invoicePath } from '@/lib/billing/notices';
import { type InvoiceRow, stillDue } from '@/lib/billing/reports/invoices';
import { useTranslations } from '@/lib/i18n/translations';
import { type InvoiceLine, InvoiceList } from './invoice-list';

const tones: Record<InvoiceRow['status'], Tone> = {
  draft: 'neutral',
  open: 'warn',
  paid: 'ok',
  void: 'neutral',
  uncollectible: 'danger',
};

/** What was charged: number, date, state, amounts, and where to read it, or to pay it where the reader is who owes it. */
export function InvoiceTable({ invoices, owes = true }: { invoices: InvoiceRow[]; owes?: boolean }) {
  const t = useTranslations('billing.invoices');
  const format = useFormat();
  if (invoices.length === 0) {
    return (
      <EmptyState icon="orders" title={t('empty')}>
        {t('emptyText')}
      </EmptyState>
    );
  }

  function toLine(row: InvoiceRow): InvoiceLine {
    const number = row.number ?? '–';
    const { hostedInvoiceUrl, invoicePdf } = row;
    const pays = owes && row.status === 'open';
    const due = stillDue(row);
    return {
      id: row.id,
      cells: [number, format.date(row.issuedAt, 'short'), t(`kinds.${row.kind}`)],
      badges: [
        { tone: tones[row.status], text: t(row.status) },
        ...(due > 0 && due !== row.total
          ? [{ tone: 'warn' as const, text: t('due', { amount: format.money(due, row.currency) }) }]
          : []),
        ...(row.credited > 0
          ? [
              {
                tone: 'neutral' as const,
                text: t('credited', { amount: format.money(row.credited, row.currency) }),
              },
            ]
          : []),
        ...(row.refunded > 0
          ? [
              {
                tone: 'neutral' as const,
                text: t('refunded', { amount: format.money(row.refunded, row.currency) }),
              },
            ]
          : []),
        ...(row.disputedAt ? [{ tone: 'danger' as const, text: t('disputed') }] : []),
      ],
      net: format.money(row.subtotal, row.currency),
      tax: format.money(row.tax, row.currency),
      total: format.money(row.total, row.currency),
      links: [
        ...(hostedInvoiceUrl
          ? [
              {
                href: invoicePath(row.id),
                text: t(pays ? 'pay' : 'view'),
                label: t(pays ? 'payNumber' : 'viewNumber', { number }),
              },
            ]
          : []),
        ...(invoicePdf
          ? [{ href: invoicePath(row.id, 'pdf'), text: t('pdf'), label: t('pdfNumber', { number }) }]
          : []),
      ],
    };
  }

  const headers = ['number', 'date', 'for', 'status', 'net', 'tax', 'total', 'view'] as const;
  return (
    <InvoiceList caption={t('title')} headers={headers.map((key) => t(key))} lines={invoices.map(toLine)} />
  );
}
