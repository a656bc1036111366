import type { Route } from 'next';
import Link from 'next/link';
import { StatusBadge } from '@/components/billing/status-badge';
import { Badge } from '@/components/ui/badge';
import { ButtonLink, buttonClass } from '@/components/ui/button';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { PageDialog } from '@/components/ui/page-dialog';
import { SubmitButton } from '@/components/ui/submit-button';
import type { SubscriptionStatus } from '@/lib/billing/entitlements/standing';
import { findSuccessor, isGrandfathered } from '@/lib/billing/plans/tiers';
import { versionOf } from '@/lib/billing/subscriptions/by-hand';
import { useTranslations } from '@/lib/i18n/translations';
import { PlanChoice } from '../merchants/[id]/plan-choice';
import { useTierOptions } from '../tier-options';
import { saveSubscription } from './actions';
import type { SubscriptionEdit } from './edit-load';
import { OverrideEditor } from './override-editor';

/** One subscription of the list: its plan and status, set here or changed through Stripe, and all exceptions. */
export function EditDialog({
  edit,
  back,
  locked: readOnly,
}: {
  edit: SubscriptionEdit;
  back: Route;
  locked?: string;
}) {
  const t = useTranslations('console.subscriptions.edit');
  const c = useTranslations('console');
  const p = useTranslations('merchant.page');
  const { merchant, platform, subscription, lives } = edit;
  const locked = readOnly ?? (merchant.closedAt ? p('closedReason') : undefined);
  return (
    <PageDialog
      title={readOnly ? c('detailsOf', { name: merchant.name }) : t('title', { name: merchant.name })}
      closeLabel={c('close')}
      back={back}
      description={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {subscription.tier.name} · {platform.name}
          <StatusBadge
            status={subscription.status as SubscriptionStatus}
            ending={subscription.cancelAt !== null && subscription.status === 'active'}
          />
          {isGrandfathered(subscription.tier) ? <Badge>{c('subscriptions.grandfathered')}</Badge> : null}
          <Link
            href={`/admin/merchants/${merchant.id}?platform=${platform.code}` as Route}
            prefetch={false}
            className="link"
          >
            {t('merchant')}
          </Link>
        </span>
      }
    >
      {locked ? <LockedNote>{locked}</LockedNote> : null}
      <section className="border-t border-line pt-4">
        <h3 className="font-medium">{t('planAndStatus')}</h3>
        <div className="mt-3">
          {lives ? <AtStripe edit={edit} locked={locked} /> : <Local edit={edit} locked={locked} />}
        </div>
      </section>
      <section className="mt-6 border-t border-line pt-4">
        <h3 className="font-medium">{t('exceptions')}</h3>
        <p className="mt-1 text-muted">{t('exceptionsText')}</p>
        <div className="mt-3">
          <OverrideEditor edit={edit} locked={locked} />
        </div>
      </section>
    </PageDialog>
  );
}

/** Stripe has it: the status is shown, and a change of plan goes through the preview. */
function AtStripe({ edit, locked }: { edit: SubscriptionEdit; locked?: string }) {
  const t = useTranslations('console.subscriptions.edit');
  const p = useTranslations('merchant.page');
  const s = useTranslations('billing.status');
  const { merchant, platform, subscription, tiers } = edit;
  return (
    <div className="space-y-4">
      <p className="rounded-lg bg-sunken px-3 py-2">
        <span className="font-medium">{s(subscription.status as SubscriptionStatus)}.</span>{' '}
        {t('ownedByStripe')}
      </p>
      <MoveOn edit={edit} locked={locked} />
      <form action={`/admin/merchants/${merchant.id}/change`} className="space-y-4">
        <fieldset disabled={Boolean(locked)} className="space-y-4">
          <input type="hidden" name="platform" value={platform.code} />
          <PlanChoice tiers={tiers} subscription={subscription} />
        </fieldset>
        {locked ? (
          <button type="button" aria-disabled title={locked} className={buttonClass('secondary')}>
            {p('preview')}
            <span className="sr-only">({locked})</span>
          </button>
        ) : (
          <button type="submit" className={buttonClass('secondary')}>
            {p('preview')}
          </button>
        )}
      </form>
    </div>
  );
}

/** Ours alone: plan, status and end are set here, and hold at once. */
function Local({ edit, locked }: { edit: SubscriptionEdit; locked?: string }) {
  const t = useTranslations('console.subscriptions.edit');
  const c = useTranslations('console');
  const p = useTranslations('merchant.page');
  const { account, subscription: row, tiers } = edit;
  const options = useTierOptions(tiers, row.tierId);
  const isLocal = row.stripeSubscriptionId === null;
  const end = !isLocal ? null : row.status === 'trialing' ? row.trialEnd : row.cancelAt;
  const until = end?.toISOString().slice(0, 10) ?? '';
  const ended = isLocal && (row.status === 'expired' || row.status === 'canceled');
  const statuses = [
    'active',
    'trialing',
    ended && row.status === 'expired' ? 'expired' : 'canceled',
  ] as const;
  return (
    <div className="space-y-4">
      <p className="text-muted">{t('local')}</p>
      <MoveOn edit={edit} locked={locked} />
      <ActionForm
        action={saveSubscription}
        fields={{ ...account, seen: versionOf(row), untilSeen: until }}
        className="space-y-4"
      >
        <fieldset disabled={Boolean(locked)} className="space-y-4">
          <legend className="sr-only">{t('planAndStatus')}</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField name="tier" label={p('tier')} options={options} defaultValue={row.tier.code} />
            <SelectField
              name="interval"
              label={p('billed')}
              options={(['month', 'year'] as const).map((value) => ({
                value,
                label: p(`intervals.${value}`),
              }))}
              defaultValue={row.interval}
            />
            <SelectField
              name="status"
              label={c('filter.status')}
              options={statuses.map((value) => ({ value, label: t(`statuses.${value}`) }))}
              defaultValue={isLocal ? row.status : 'active'}
            />
            <TextField
              name="until"
              type="date"
              label={t('until')}
              hint={t('untilHint')}
              defaultValue={until}
            />
          </div>
          <TextArea
            name="reason"
            label={c('reason')}
            hint={c('reasonHint')}
            rows={2}
            maxLength={500}
            required
          />
        </fieldset>
        <SubmitButton disabledReason={locked}>{t('save')}</SubmitButton>
      </ActionForm>
    </div>
  );
}

/** A plan that is not offered any more: where to move to, by way of the preview. */
function MoveOn({ edit, locked }: { edit: SubscriptionEdit; locked?: string }) {
  const p = useTranslations('merchant.page');
  const { merchant, platform, subscription, tiers } = edit;
  const next = findSuccessor(tiers, subscription.tier);
  if (!next || locked) return null;
  const query = new URLSearchParams({
    platform: platform.code,
    tier: next.code,
    interval: subscription.interval,
  });
  return (
    <ButtonLink href={`/admin/merchants/${merchant.id}/change?${query}` as Route} size="sm">
      {p('moveTo', { tier: next.name })}
    </ButtonLink>
  );
}
