import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';
import type { PlanFacts } from './facts';

/** A date without its year means the next or last one of its kind. */
const isNear = (at: Date, now: Date) => Math.abs(at.getTime() - now.getTime()) < 300 * 86_400_000;

const earlier = (one: Date | null, other: Date | null) =>
  one && other && one < other ? one : (other ?? one);

/** The state of a plan in one sentence: "Professional, renews on 1 December for €99.00." */
export function PlanSentence({ plan, now }: { plan: PlanFacts; now: Date }) {
  const t = useTranslations('billing');
  const format = useFormat();
  const tier = plan.tierName ?? '';
  const date = (at: Date | null) => (at ? format.date(at, isNear(at, now) ? 'day' : 'long') : '');
  const amount = format.money(plan.unitAmount, plan.currency);
  const due = format.money(plan.pastDue?.amountDue ?? plan.amountDue, plan.currency);

  switch (plan.status) {
    case 'trialing':
      if (plan.isLocal) return t('sentence.trialLocal', { tier, date: date(plan.trialEnd) });
      if (plan.cancelAt) return t('sentence.trialEnding', { tier, date: date(plan.cancelAt) });
      return t('sentence.trialPaid', {
        tier,
        date: date(plan.trialEnd),
        price: t(`price.${plan.interval}`, { amount }),
      });
    case 'active':
      if (plan.cancelAt) return t('sentence.ending', { tier, date: date(plan.cancelAt) });
      if (plan.pendingAt) return t('sentence.changing', { tier, date: date(plan.pendingAt) });
      if (!plan.currentPeriodEnd) return t('sentence.activePlain', { tier });
      return t('sentence.active', { tier, date: date(plan.currentPeriodEnd), amount });
    case 'past_due':
      if (plan.pastDue?.graceOver === false)
        return t('sentence.pastDueGrace', { tier, amount: due, date: date(plan.pastDue.graceUntil) });
      return t('sentence.pastDueOver', { tier, amount: due });
    case 'unpaid':
      return t('sentence.unpaid', { tier, amount: due });
    case 'canceled':
      return t('sentence.canceled', { tier, date: date(plan.endedAt) });
    case 'expired':
      // A trial that a bought plan took over ended before its day.
      return t('sentence.expired', { tier, date: date(earlier(plan.endedAt, plan.trialEnd)) });
    default:
      return t(`sentence.${plan.status}`, { tier });
  }
}
