import type { Route } from 'next';
import Link from 'next/link';
import { Card } from '@/components/ui/card';
import { useFormat } from '@/components/ui/format';
import { Meter } from '@/components/ui/meter';
import type { Amounts, Stats } from '@/lib/billing/reports/stats';
import { useTranslations } from '@/lib/i18n/translations';

/** Which plans people have now, and what each brings in a month. */
export function PlanMix({
  stats,
  listOf,
}: {
  stats: Stats;
  /** The subscriptions of a plan. */
  listOf: (tier: Stats['byTier'][number]) => Route;
}) {
  const t = useTranslations('merchant.overview');
  const format = useFormat();
  const money = (sums: Amounts) => format.list(sums.map((sum) => format.money(sum.amount, sum.currency)));
  const tiers = stats.byTier.filter((tier) => tier.running > 0 || tier.mrr.length > 0);
  const total = tiers.reduce((sum, tier) => sum + tier.running, 0);
  return (
    <Card id="mix" title={t('mix')}>
      {tiers.length === 0 ? <p className="text-muted">{t('noMix')}</p> : null}
      <ul className="space-y-4">
        {tiers.map((tier) => {
          const share = (tier.running / Math.max(1, total)) * 100;
          return (
            <li key={tier.id}>
              <div className="mb-1 flex flex-wrap justify-between gap-x-4">
                <Link href={listOf(tier)} prefetch={false} className="link">
                  {tier.name}
                </Link>
                <span className="text-muted">
                  {[format.number(tier.running), format.percent(share), money(tier.mrr)]
                    .filter((part) => part !== '')
                    .join(' · ')}
                </span>
              </div>
              <Meter percent={share} tone="ok" label={tier.name} text={format.percent(share)} />
            </li>
          );
        })}
        {stats.addOns.length > 0 ? (
          <li className="flex flex-wrap justify-between gap-x-4 border-line border-t pt-4">
            <span className="font-medium">{t('addOns')}</span>
            <span className="text-muted">{money(stats.addOns)}</span>
          </li>
        ) : null}
      </ul>
    </Card>
  );
}
