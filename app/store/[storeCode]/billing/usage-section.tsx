import type { ReactNode } from 'react';
import { useFeatureName } from '@/components/billing/feature-words';
import type { FeatureUse } from '@/components/billing/shapes';
import { UsageMeter } from '@/components/billing/usage-meter';
import { Card } from '@/components/ui/card';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';

/** How much of each limit is used; each meter opens its reasons. */
export function UsageSection({
  uses,
  monthEnd,
  explain,
}: {
  uses: FeatureUse[];
  monthEnd: Date | null;
  explain?: (code: string) => ReactNode;
}) {
  const t = useTranslations('billing.usage');
  const format = useFormat();
  return (
    <Card
      id="usage"
      title={t('title')}
      description={monthEnd ? t('text', { date: format.date(monthEnd, 'day') }) : undefined}
    >
      {uses.length === 0 ? (
        <p className="text-muted">{t('empty')}</p>
      ) : (
        <Meters uses={uses} explain={explain} />
      )}
    </Card>
  );
}

function Meters({ uses, explain }: { uses: FeatureUse[]; explain?: (code: string) => ReactNode }) {
  const name = useFeatureName();
  return (
    <div className="grid gap-x-10 gap-y-6 md:grid-cols-2">
      {uses.map((use) => (
        <UsageMeter key={use.code} name={name(use.code, use.name)} use={use} explain={explain?.(use.code)} />
      ))}
    </div>
  );
}
