import { useFormat } from '@/components/ui/format';
import type { MeterTone } from '@/components/ui/meter';
import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import type { Unlock } from '@/lib/billing/errors';
import { useTranslations } from '@/lib/i18n/translations';
import { useFeatureName } from './feature-words';
import type { MeterView } from './meters';

/** Amber from 70 %, red from 90 %. */
function toneOf(percent: number): MeterTone {
  return percent >= 90 ? 'danger' : percent >= 70 ? 'warn' : 'ok';
}

/** The words of a meter, without its reasons. */
export function useMeterView(): (use: FeatureSummary) => MeterView {
  const t = useTranslations('billing.usage');
  const format = useFormat();
  const name = useFeatureName();

  return ({ code, name: declared, enabled, limit, current }) => {
    const view = { code, name: name(code, declared) };
    if (!enabled) return { ...view, text: t('notInPlan'), percent: 0, tone: 'plain' };
    if (limit === null) {
      return {
        ...view,
        text: t('unlimited', { current: format.number(current) }),
        percent: null,
        tone: 'ok',
      };
    }
    const percent = limit === 0 ? 100 : Math.round((current / limit) * 1000) / 10;
    const rest =
      current > limit
        ? t('over', { over: format.number(current - limit) })
        : current === limit
          ? t('full')
          : t('left', { remaining: format.number(limit - current) });
    const text = t('of', { current: format.number(current), limit: format.number(limit) });
    return { ...view, text, rest, percent, tone: toneOf(percent) };
  };
}

/** What would give more, in words. */
export function useUnlockText(): (unlock: Unlock) => string {
  const words = useTranslations('errors.unlock');
  const format = useFormat();
  return ({ kind, name = '', price }) => {
    if (kind === 'release') return words('release');
    if (!price) return words(kind, { name });
    return words(`${kind}_${price.interval}`, { name, price: format.money(price.amount, price.currency) });
  };
}
