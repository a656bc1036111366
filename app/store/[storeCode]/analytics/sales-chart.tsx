import { Bars } from '@/components/charts/bars';
import { Card } from '@/components/ui/card';
import { getFormat } from '@/components/ui/format';
import { getTranslations } from '@/lib/i18n/translations';
import type { SalesFigures } from '@/lib/orders/orders';
import { addDays } from '@/lib/time';

/** Revenue per day; days without a sale are zero, not left out. */
export async function SalesChart({ figures, now, days }: { figures: SalesFigures; now: Date; days: number }) {
  const [t, format] = await Promise.all([getTranslations('store.analytics'), getFormat()]);
  const byDay = new Map(figures.days.map((day) => [day.day, day.total]));
  const bars = Array.from({ length: days }, (_, index) => {
    const at = addDays(now, index - days + 1);
    const value = byDay.get(at.toISOString().slice(0, 10)) ?? 0;
    return { label: format.date(at, 'day'), value, text: format.money(value, figures.currency) };
  });
  return (
    <Card>
      <Bars caption={t('perDay')} bars={bars} tableLabel={t('table')} headers={[t('day'), t('revenue')]} />
    </Card>
  );
}
