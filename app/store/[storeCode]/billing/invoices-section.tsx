import { getTranslations } from 'next-intl/server';
import { InvoiceTable } from '@/components/billing/invoice-table';
import type { InvoiceRow } from '@/components/billing/shapes';
import { Card } from '@/components/ui/card';
import { getFormat } from '@/components/ui/format';

export type UpcomingFacts = { date: Date; total: number; tax: number; currency: string } | null;

/** What was charged, and what comes next. */
export async function InvoicesSection({
  invoices,
  upcoming,
}: {
  invoices: InvoiceRow[];
  upcoming: UpcomingFacts;
}) {
  const [t, format] = await Promise.all([getTranslations('billing.invoices'), getFormat()]);
  return (
    <Card
      id="invoices"
      title={t('title')}
      description={
        upcoming
          ? t('upcoming', {
              date: format.date(upcoming.date),
              total: format.money(upcoming.total, upcoming.currency),
              tax: format.money(upcoming.tax, upcoming.currency),
            })
          : undefined
      }
      flush
    >
      <InvoiceTable invoices={invoices} />
    </Card>
  );
}
