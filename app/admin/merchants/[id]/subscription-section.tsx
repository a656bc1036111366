import type { PlanFacts } from '@/components/billing/facts';
import { cardFacts } from '@/components/billing/facts';
import { failureWord } from '@/components/billing/failure-words';
import { PaymentMethod } from '@/components/billing/payment-method';
import { PlanSentence } from '@/components/billing/plan-sentence';
import { StatusBadge } from '@/components/billing/status-badge';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { isGrandfathered } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { NamedId } from '../../named-id';
import { Pair, Pairs } from '../../pair';
import { stripeLink } from '../../stripe-link';
import { undo } from './actions';
import type { MerchantPage } from './load';
import { SubscriptionActions } from './subscription-actions';

/** The subscription on the chosen platform: its state in words, what is about to change, its ids and what can be done. */
export function SubscriptionSection({
  page,
  plan,
  locked,
}: {
  page: MerchantPage;
  plan: PlanFacts;
  locked?: string;
}) {
  const t = useTranslations('merchant.page');
  const b = useTranslations('billing');
  const a = useTranslations('console.audit.actors');
  const format = useFormat();
  const { account, overview, platform, gift, now } = page;
  const row = overview.subscription;
  const card = cardFacts(overview);
  const stripeId = row?.stripeSubscriptionId;
  const isGiven = plan.isLocal && plan.status === 'active';
  const link = stripeId ? stripeLink('subscriptions', stripeId) : undefined;
  const ending = plan.cancelAt !== null && (plan.status === 'active' || plan.status === 'trialing');
  return (
    <Card
      id="plan"
      title={
        <>
          {t('subscription', { platform: platform.name })}{' '}
          <StatusBadge status={plan.status} ending={ending} />
        </>
      }
    >
      <p className="text-xl font-semibold tracking-tight text-balance">
        {isGiven ? (
          t('given', {
            tier: plan.tierName ?? '',
            until: plan.cancelAt ? format.date(plan.cancelAt) : 'none',
          })
        ) : (
          <PlanSentence plan={plan} now={now} />
        )}
      </p>
      {isGiven && gift ? (
        <p className="mt-1 text-muted">
          {t('givenBy', {
            author: gift.actorName ?? a(gift.actorKind),
            date: format.date(gift.at),
            reason: gift.reason ?? 'none',
          })}
        </p>
      ) : null}
      {overview.pending ? (
        <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-sunken px-3 py-2">
          <p className="min-w-0 flex-1 basis-64">
            {b('pending.change', {
              tier: overview.pending.tierName,
              price: b(`price.${overview.pending.interval}`, {
                amount: format.money(overview.pending.amount, plan.currency),
              }),
              date: format.date(overview.pending.at),
            })}
          </p>
          <ActionForm action={undo} fields={account}>
            <SubmitButton variant="secondary" size="sm" disabledReason={locked}>
              {t('undo')}
            </SubmitButton>
          </ActionForm>
        </div>
      ) : null}
      {row ? (
        <div className="mt-4">
          <Pairs>
            <Pair name={t('tier')}>
              {row.tier.name} · {t(`intervals.${row.interval}`)}{' '}
              {isGrandfathered(row.tier) ? <Badge>{t('notOffered')}</Badge> : null}
            </Pair>
            {row.currentPeriodStart && row.currentPeriodEnd ? (
              <Pair name={t('period')}>
                <DateText value={row.currentPeriodStart} style="short" /> –{' '}
                <DateText value={row.currentPeriodEnd} style="short" />
              </Pair>
            ) : null}
            {plan.pastDue ? (
              <Pair name={t('pastDue')}>
                {t('pastDueText', {
                  amount: format.money(plan.pastDue.amountDue, plan.currency),
                  since: format.date(plan.pastDue.since),
                  until: format.date(plan.pastDue.graceUntil),
                })}
                <span className="block text-sm text-muted">
                  {t('failed', {
                    reason: t(`failure.${failureWord(plan.pastDue.failureCode)}`),
                    code: plan.pastDue.failureCode ?? 'none',
                    count: row.attemptCount,
                  })}{' '}
                  {plan.pastDue.nextAttemptAt
                    ? t('nextAttempt', { date: format.date(plan.pastDue.nextAttemptAt) })
                    : t('noNextAttempt')}
                </span>
              </Pair>
            ) : null}
            <Pair name={t('card')}>
              {card ? (
                <PaymentMethod card={card} now={now} />
              ) : (
                <span className="text-muted">{t('noCard')}</span>
              )}
            </Pair>
            {row.cancelReason ? <Pair name={t('cancelReason')}>{row.cancelReason}</Pair> : null}
            <Pair name={t('ids')}>
              <span className="flex flex-wrap items-center gap-x-4 gap-y-2">
                <NamedId name={t('ourId')} value={row.id} />
                {stripeId ? <NamedId name={t('stripeId')} value={stripeId} /> : null}
                {link ? (
                  <a href={link} target="_blank" rel="noreferrer" className="link">
                    {t('atStripe')}
                  </a>
                ) : (
                  <span className="text-muted">{t('notAtStripe')}</span>
                )}
              </span>
            </Pair>
          </Pairs>
        </div>
      ) : null}
      <SubscriptionActions page={page} plan={plan} locked={locked} />
    </Card>
  );
}
