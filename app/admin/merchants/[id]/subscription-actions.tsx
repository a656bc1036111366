import type { Route } from 'next';
import type { PlanFacts } from '@/components/billing/facts';
import { ButtonLink, buttonClass } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { FormDialog } from '@/components/ui/form-dialog';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { findSuccessor } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { useTierOptions } from '../../tier-options';
import { cancel, comp, extendTrial, reactivate } from './actions';
import type { MerchantPage } from './load';
import { PlanChoice } from './plan-choice';

/** What an admin can do with a subscription; what is impossible now says why. */
export function SubscriptionActions({
  page,
  plan,
  locked,
}: {
  page: MerchantPage;
  plan: PlanFacts;
  locked?: string;
}) {
  const t = useTranslations('merchant.page');
  const c = useTranslations('console');
  const format = useFormat();
  const { merchant, account, overview, platform } = page;
  const lives = overview.livesAtStripe;
  const runs = plan.status === 'active' || plan.status === 'trialing' || lives;
  const tiers = useTierOptions(
    page.tiers.filter((tier) => tier.isActive),
    undefined,
  );
  const successor = overview.subscription ? findSuccessor(page.tiers, overview.subscription.tier) : null;
  const why = <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} maxLength={500} required />;
  const dialog = { size: 'sm', variant: 'secondary', closeLabel: c('close') } as const;
  const periodEnd = overview.subscription?.currentPeriodEnd;
  const addOns = overview.storeAddOns.filter((row) => !row.endedAt).map((row) => row.name);
  const ends = addOns.length > 0 ? t('cancelAddOns', { addOns: addOns.join(', ') }) : null;
  const ownedByStripe = lives ? t('ownedByStripe') : undefined;
  return (
    <div className="mt-5 flex flex-wrap gap-2">
      <Dialog
        {...dialog}
        trigger={t('change')}
        title={t('changeTitle', { name: merchant.name })}
        description={t('changeText')}
        disabledReason={locked ?? (runs ? undefined : t('nothingRuns'))}
      >
        <form action={`/admin/merchants/${merchant.id}/change`} className="space-y-4">
          <input type="hidden" name="platform" value={platform.code} />
          <PlanChoice tiers={page.tiers} subscription={overview.subscription} charged={lives} />
          <button type="submit" className={buttonClass('primary')}>
            {t('preview')}
          </button>
        </form>
      </Dialog>
      {successor && !locked ? (
        <ButtonLink
          href={
            `/admin/merchants/${merchant.id}/change?${new URLSearchParams({ platform: platform.code, tier: successor.code, interval: plan.interval })}` as Route
          }
          size="sm"
        >
          {t('moveTo', { tier: successor.name })}
        </ButtonLink>
      ) : null}
      {plan.cancelAt && lives ? (
        <ActionForm action={reactivate} fields={account}>
          <SubmitButton variant="secondary" size="sm" disabledReason={locked}>
            {t('reactivate')}
          </SubmitButton>
        </ActionForm>
      ) : null}
      <FormDialog
        {...dialog}
        trigger={t('extend')}
        title={t('extendTitle', { name: merchant.name })}
        description={t('extendText')}
        disabledReason={locked ?? ownedByStripe}
        action={extendTrial}
        fields={account}
        submit={t('extend')}
      >
        <TextField
          name="trialEnd"
          type="date"
          label={t('trialEnd')}
          defaultValue={plan.trialEnd?.toISOString().slice(0, 10)}
          required
        />
        {why}
      </FormDialog>
      <FormDialog
        {...dialog}
        trigger={t('comp')}
        title={t('compTitle', { name: merchant.name })}
        description={t('compText')}
        disabledReason={locked ?? ownedByStripe}
        action={comp}
        fields={account}
        submit={t('compNow')}
      >
        <SelectField name="tier" label={t('tier')} options={tiers} />
        <TextField name="until" type="date" label={t('givenUntil')} hint={t('givenUntilHint')} />
        {why}
      </FormDialog>
      <FormDialog
        {...dialog}
        variant="ghost"
        trigger={t('cancel')}
        title={t('cancelTitle', { tier: plan.tierName ?? '', name: merchant.name })}
        description={[lives ? null : t('cancelLocal'), ends].filter(Boolean).join(' ') || undefined}
        disabledReason={locked ?? (runs ? undefined : t('nothingRuns'))}
        action={cancel}
        fields={account}
        submit={t('cancel')}
        danger
      >
        <SelectField
          name="when"
          label={t('when')}
          options={(lives ? (['period_end', 'now'] as const) : (['now'] as const)).map((value) => ({
            value,
            label: t(`whens.${value}`, { date: periodEnd ? format.date(periodEnd) : 'none' }),
          }))}
        />
        {why}
      </FormDialog>
    </div>
  );
}
