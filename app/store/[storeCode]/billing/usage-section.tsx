import { useMeterView } from '@/components/billing/meter-views';
import { Meters, type MeterView } from '@/components/billing/meters';
import { Card } from '@/components/ui/card';
import { useFormat } from '@/components/ui/format';
import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import { useTranslations } from '@/lib/i18n/translations';

/** How much of each limit is used; with `explain` each meter opens its reasons. */
export function UsageSection({
  uses,
  monthEnd,
  explain,
}: {
  uses: FeatureSummary[];
  monthEnd: Date | null;
  explain?: (code: string) => Pick<MeterView, 'reasons' | 'unlocks'>;
}) {
  const t = useTranslations('billing.usage');
  const unlock = useTranslations('billing.explain')('unlock');
  const format = useFormat();
  const view = useMeterView();
  return (
    <Card
      id="usage"
      title={t('title')}
      description={monthEnd ? t('text', { date: format.date(monthEnd, 'day') }) : undefined}
    >
      {uses.length === 0 ? (
        <p className="text-muted">{t('empty')}</p>
      ) : (
        <Meters
          meters={uses.map((use) => ({ ...view(use), ...explain?.(use.code) }))}
          words={{ why: t('why'), unlock }}
        />
      )}
    </Card>
  );
}
