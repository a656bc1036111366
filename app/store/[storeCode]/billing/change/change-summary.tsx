import { useFormat } from '@/components/ui/format';
import { Money } from '@/components/ui/money';
import type { ChangePreview } from '@/lib/billing/subscriptions/change-preview';
import { useTranslations } from '@/lib/i18n/translations';

/**
 * "You pay €33.12 now, then €199.00 each month from 1 December", and the lines that make it up. Staff read it with the
 * merchant's `name` in place of "you".
 */
export function ChangeSummary({
  change,
  tier,
  interval,
  now,
  name,
}: {
  change: ChangePreview;
  tier: string;
  interval: 'month' | 'year';
  now: Date;
  name?: string;
}) {
  const own = useTranslations('billing.change');
  const sum = useTranslations('billing.invoices');
  const tax = useTranslations('billing.tax');
  const staff = useTranslations('merchant.preview');
  const t = (key: Parameters<typeof staff>[0], values: Record<string, string> = {}) =>
    name === undefined ? own(key, values) : staff(key, { ...values, name });
  const format = useFormat();
  const { dueNow: due, nextInvoice: next } = change;
  const later = Date.parse(change.effectiveAt) > now.getTime();
  const words = {
    tier,
    now: format.money(due.amount, due.currency),
    next: format.money(next.amount, next.currency),
    from: next.date ? format.date(next.date) : '',
    date: format.date(change.effectiveAt),
  };
  const { totals } = change;
  const sums: [label: string, amount: number][] = totals
    ? [
        ...(change.linesLeftOut === null
          ? []
          : [[t('moreLines'), change.linesLeftOut] satisfies [string, number]]),
        [sum('net'), totals.net],
        [sum('tax'), totals.tax],
        [sum('total'), totals.total],
        ...(totals.balance > 0 ? [[sum('balance'), -totals.balance] satisfies [string, number]] : []),
      ]
    : [];
  const key = later ? 'later' : due.amount > 0 ? 'now' : 'free';
  return (
    <>
      <p className="text-lg font-medium">{t(`${key}_${interval}`, words)}</p>
      <p className="mt-1 text-muted">{t(`${key}Note`, words)}</p>
      {change.takesBack ? <p className="mt-1 text-muted">{t(`takesBack_${change.takesBack}`)}</p> : null}
      {change.lines.length > 0 ? (
        <table className="mt-4 w-full">
          <caption className="sr-only">{t('lines')}</caption>
          <tbody className="divide-y divide-line border-y border-line">
            {change.lines.map((line) => (
              <tr key={`${line.description}:${line.amount}`}>
                <th scope="row" className="py-2 pr-4 text-left font-normal">
                  {line.description}
                </th>
                <td className="py-2 text-right whitespace-nowrap">
                  <Money amount={line.amount} currency={due.currency} />
                </td>
              </tr>
            ))}
            {sums.map(([label, amount]) => (
              <tr key={label}>
                <th scope="row" className="py-2 pr-4 text-left font-normal text-muted">
                  {label}
                </th>
                <td className="py-2 text-right whitespace-nowrap">
                  <Money amount={amount} currency={due.currency} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {totals && totals.tax === 0 && totals.net !== 0 ? (
        <p className="mt-2 text-muted">
          {totals.taxReason ? tax(`reasons.${totals.taxReason}`) : tax('untaxed')}
        </p>
      ) : null}
    </>
  );
}
