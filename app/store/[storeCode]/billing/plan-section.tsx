import type { PlanFacts } from '@/components/billing/facts';
import { PlanSentence } from '@/components/billing/plan-sentence';
import { StatusBadge } from '@/components/billing/status-badge';
import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { undoChange } from './actions';
import { CancelDialog } from './cancel-dialog';

export type PendingFacts = {
  tierName: string;
  interval: 'month' | 'year';
  amount: number;
  at: Date;
} | null;

/** The plan, its state in words, and what is about to change. */
export function PlanSection({
  storeCode,
  plan,
  pending,
  paymentUrl,
  now,
  canCancel,
  disabledReason,
}: {
  storeCode: string;
  plan: PlanFacts;
  pending: PendingFacts;
  /** Where an upgrade waits to be paid. */
  paymentUrl: string | null;
  now: Date;
  canCancel: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('billing');
  const format = useFormat();
  const end = plan.trialEnd && plan.status === 'trialing' ? plan.trialEnd : plan.currentPeriodEnd;
  return (
    <Card
      id="plan"
      title={
        <>
          {t('plan.title')}{' '}
          <StatusBadge
            status={plan.status}
            ending={plan.cancelAt !== null && (plan.status === 'active' || plan.status === 'trialing')}
          />
        </>
      }
      actions={
        canCancel && plan.tierName && end ? (
          <CancelDialog
            storeCode={storeCode}
            tier={plan.tierName}
            date={format.date(end)}
            disabledReason={disabledReason}
          />
        ) : null
      }
    >
      <p className="text-xl font-semibold tracking-tight text-balance">
        <PlanSentence plan={plan} now={now} />
      </p>
      {paymentUrl ? (
        <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-warn-soft px-3 py-2">
          <p className="min-w-0 flex-1 basis-64">{t('pending.payment')}</p>
          <a href={paymentUrl} className={buttonClass('primary', 'sm')}>
            {t('pending.pay')}
          </a>
        </div>
      ) : null}
      {pending ? (
        <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-sunken px-3 py-2">
          <p className="min-w-0 flex-1 basis-64">
            {t('pending.change', {
              tier: pending.tierName,
              price: t(`price.${pending.interval}`, {
                amount: format.money(pending.amount, plan.currency),
              }),
              date: format.date(pending.at),
            })}
          </p>
          <ActionForm action={undoChange} fields={{ store: storeCode }}>
            <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
              {t('pending.undo')}
            </SubmitButton>
          </ActionForm>
        </div>
      ) : null}
    </Card>
  );
}
