import type { ReactNode } from 'react';
import { Banner } from '@/components/ui/banner';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';
import type { PlanFacts } from './facts';
import { failureWord } from './failure-words';

const DAY_MS = 86_400_000;

/** Days from now until then, in words' sense: 0 = today. */
function daysUntil(at: Date, now: Date): number {
  return Math.max(0, Math.floor((at.getTime() - now.getTime()) / DAY_MS));
}

/** Trials say that they end in their last week. */
const TRIAL_NOTICE_DAYS = 7;

/**
 * The one thing that needs doing now, or nothing. `fix` leads to the card, `choose` to the plans, `reactivate` undoes a
 * cancellation; the page hands over the buttons, and none to a person who may not press them.
 */
export function PlanBanner({
  plan,
  now,
  actions,
}: {
  plan: PlanFacts;
  now: Date;
  actions: { fix?: ReactNode; choose?: ReactNode; reactivate?: ReactNode; pay?: ReactNode };
}) {
  const t = useTranslations('billing');
  const format = useFormat();
  const tier = plan.tierName ?? '';
  const { pastDue } = plan;
  const due = format.money(pastDue?.amountDue ?? plan.amountDue, plan.currency);

  if (plan.status === 'past_due' && pastDue) {
    if (pastDue.graceOver) {
      return (
        <Banner tone="danger" title={t('banner.pastDueOverTitle')} action={actions.fix}>
          {t('banner.pastDueOverText', { amount: due, date: format.date(pastDue.graceUntil) })}
        </Banner>
      );
    }
    const why = failureWord(pastDue.failureCode);
    return (
      <Banner tone="danger" title={t('banner.pastDueTitle', { amount: due })} action={actions.fix}>
        {t('banner.pastDueReason', {
          reason: `${t(`failure.${why}`)} ${t(`failure.advice.${why}`)}`,
          days: daysUntil(pastDue.graceUntil, now),
          date: format.date(pastDue.graceUntil, 'day'),
        })}{' '}
        {pastDue.nextAttemptAt
          ? t('banner.pastDueNext', { date: format.date(pastDue.nextAttemptAt, 'day') })
          : null}
      </Banner>
    );
  }
  if (plan.status === 'unpaid') {
    return (
      <Banner tone="danger" title={t('banner.unpaidTitle')} action={actions.fix}>
        {t('banner.unpaidText', { amount: due })}
      </Banner>
    );
  }
  if (plan.status === 'incomplete') {
    return (
      <Banner tone="warn" title={t('banner.incompleteTitle')} action={actions.pay}>
        {t('banner.incompleteText')}
      </Banner>
    );
  }
  if (plan.cancelAt && (plan.status === 'active' || plan.status === 'trialing')) {
    return (
      <Banner
        tone="warn"
        title={t('banner.cancelTitle', { tier, date: format.date(plan.cancelAt) })}
        action={plan.isLocal ? actions.choose : actions.reactivate}
      >
        {t('banner.cancelText')}
      </Banner>
    );
  }
  if (plan.status === 'trialing' && plan.isLocal && plan.trialEnd) {
    const days = daysUntil(plan.trialEnd, now);
    if (days > TRIAL_NOTICE_DAYS) return null;
    return (
      <Banner tone="warn" title={t('banner.trialEndingTitle', { days })} action={actions.choose}>
        {t('banner.trialEndingText')}
      </Banner>
    );
  }
  const over = { expired: 'expired', canceled: 'ended', incomplete_expired: 'ended', none: 'none' } as const;
  if (plan.status in over) {
    const key = over[plan.status as keyof typeof over];
    return (
      <Banner tone="warn" title={t(`banner.${key}Title`)} action={actions.choose}>
        {t(`banner.${key}Text`)}
      </Banner>
    );
  }
  return null;
}
