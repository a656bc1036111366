import type { ReactNode } from 'react';
import { Disclosure } from '@/components/ui/disclosure';
import { useFormat } from '@/components/ui/format';
import { Meter, type MeterTone } from '@/components/ui/meter';
import { useTranslations } from '@/lib/i18n/translations';
import type { FeatureUse } from './shapes';

const percentOf = (use: FeatureUse) =>
  use.limit === null ? 0 : use.limit === 0 ? 100 : (use.current / use.limit) * 100;

/** Amber from 70 %, red from 90 %. */
function toneOf(use: FeatureUse, percent: number): MeterTone {
  if (!use.enabled) return 'plain';
  return percent >= 90 ? 'danger' : percent >= 70 ? 'warn' : 'ok';
}

/** How much of one limit is used, in figures and as a bar, with the panel that explains the number. */
export function UsageMeter({ name, use, explain }: { name: string; use: FeatureUse; explain?: ReactNode }) {
  const t = useTranslations('billing.usage');
  const format = useFormat();
  const current = format.number(use.current);
  const percent = percentOf(use);
  const text =
    use.limit === null && use.enabled
      ? t('unlimited', { current })
      : use.enabled
        ? t('of', { current, limit: format.number(use.limit ?? 0) })
        : t('notInPlan');
  return (
    <div>
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="font-medium">{name}</h3>
        <p className="text-muted">
          <span className="font-medium text-ink">{text}</span>
          {use.enabled && use.limit !== null ? <> · {remainder(use, use.limit)}</> : null}
        </p>
      </div>
      {use.enabled && use.limit === null ? (
        <div className="h-2 rounded-full bg-accent-soft" />
      ) : (
        <Meter percent={use.enabled ? percent : 0} tone={toneOf(use, percent)} label={name} text={text} />
      )}
      {explain ? (
        <Disclosure summary={t('why')} className="mt-2 text-sm">
          {explain}
        </Disclosure>
      ) : null}
    </div>
  );

  function remainder(of: FeatureUse, limit: number): string {
    if (of.current > limit) return t('over', { over: format.number(of.current - limit) });
    if (of.current === limit) return t('full');
    return t('left', { remaining: format.number(limit - of.current) });
  }
}
