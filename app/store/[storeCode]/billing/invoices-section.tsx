import type { Route } from 'next';
import Link from 'next/link';
import { getLocale } from 'next-intl/server';
import { InvoiceTable } from '@/components/billing/invoice-table';
import { Card } from '@/components/ui/card';
import { getFormat } from '@/components/ui/format';
import type { Account } from '@/lib/billing/accounts';
import { taxRules } from '@/lib/billing/customers/tax';
import type { InvoiceRow } from '@/lib/billing/reports/invoices';
import { previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { database } from '@/lib/database';
import { DomainError } from '@/lib/errors';
import { errorTexts } from '@/lib/i18n/translate-error';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';

/** What was charged. What comes next is asked of Stripe only on request, so that the page never waits for it. */
export async function InvoicesSection({
  storeCode,
  account,
  invoices,
  more,
  renews,
  showUpcoming,
}: {
  storeCode: string;
  account: Account;
  invoices: InvoiceRow[];
  more: boolean;
  renews: boolean;
  showUpcoming: boolean;
}) {
  const t = await getTranslations('billing.invoices');
  return (
    <Card
      id="invoices"
      title={t('title')}
      flush
      description={
        renews && showUpcoming ? (
          await upcomingText(account)
        ) : renews ? (
          <Link
            href={`/store/${storeCode}/billing?upcoming=1#invoices` as Route}
            scroll={false}
            prefetch={false}
            className="link"
          >
            {t('showUpcoming')}
          </Link>
        ) : undefined
      }
    >
      <InvoiceTable invoices={invoices} />
      {more ? (
        <Link
          href={`/store/${storeCode}/billing/invoices` as Route}
          prefetch={false}
          className="link mx-4 my-2 sm:mx-6"
        >
          {t('all')}
        </Link>
      ) : null}
    </Card>
  );
}

async function upcomingText(account: Account): Promise<string> {
  const [t, format] = await Promise.all([getTranslations('billing.invoices'), getFormat()]);
  try {
    const next = await previewUpcomingInvoice(database(), requireStripe(), account, taxRules());
    if (!next?.date) return t('noUpcoming');
    const said = t('upcoming', {
      date: format.date(next.date),
      total: format.money(next.total, next.currency),
      tax: format.money(next.tax, next.currency),
    });
    if (next.tax > 0 || next.total === 0) return said;
    const why = await getTranslations('billing.tax');
    return `${said} ${next.taxReason ? why(`reasons.${next.taxReason}`) : why('untaxed')}`;
  } catch (error) {
    if (error instanceof DomainError) return errorTexts(await getLocale()).sentence(error);
    throw error;
  }
}
