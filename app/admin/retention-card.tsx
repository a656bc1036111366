import type { Route } from 'next';
import type { CSSProperties } from 'react';
import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { useFormat } from '@/components/ui/format';
import { LinkTabs } from '@/components/ui/link-tabs';
import type { Cohort } from '@/lib/billing/reports/retention';
import { useTranslations } from '@/lib/i18n/translations';

export const retentionMeasures = ['accounts', 'mrr'] as const;
type Measure = (typeof retentionMeasures)[number];

/** Who stays, by the month they first paid in: a row a cohort, a cell a month, each the share of what began. */
export function RetentionCard({
  currency,
  cohorts,
  measure,
  address,
  file,
}: {
  currency: string;
  cohorts: Cohort[];
  measure: Measure;
  address: (measure: Measure) => Route;
  /** The numbers as a file. */
  file: string;
}) {
  const t = useTranslations('merchant.overview');
  const format = useFormat();
  const width = Math.max(...cohorts.map((cohort) => cohort.months.length));
  const title = t('retentionIn', { currency });
  const text = (value: number) => (measure === 'mrr' ? format.money(value, currency) : format.number(value));
  return (
    <Card
      id={`retention-${currency}`}
      title={title}
      description={t(`retentionText.${measure}`)}
      actions={
        <>
          <a href={file} className={buttonClass('ghost', 'sm')} download>
            {t('export')}
            <span className="sr-only">{title}</span>
          </a>
          <LinkTabs
            label={t('retentionBy')}
            tabs={retentionMeasures.map((one) => ({
              href: address(one),
              label: t(`retentionMeasures.${one}`),
              current: one === measure,
            }))}
          />
        </>
      }
    >
      <table className="cohorts">
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t('cohort')}</th>
            <th scope="col" className="end">
              {t('began')}
            </th>
            {Array.from({ length: width }, (_, age) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the month's place is what it is
              <th key={age} scope="col" className="end">
                {t('age', { age })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => {
            const began = cohort.started[measure];
            return (
              <tr key={cohort.month}>
                <th scope="row">{format.date(cohort.month, 'month')}</th>
                <td className="end" data-label={t('began')}>
                  {text(began)}
                </td>
                {cohort.months.map((month, age) => {
                  const share = began === 0 ? 0 : (month[measure] / began) * 100;
                  return (
                    <td
                      // biome-ignore lint/suspicious/noArrayIndexKey: the month's place is what it is
                      key={age}
                      data-label={t('age', { age })}
                      title={text(month[measure])}
                      className="end share"
                      style={{ '--share': `${Math.min(100, Math.round(share))}%` } as CSSProperties}
                    >
                      {format.percent(Math.round(share))}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}
