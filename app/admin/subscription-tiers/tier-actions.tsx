import { ConfirmButton } from '@/components/ui/confirm-button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import type { TierRole } from '@/lib/billing/plans/tier-edit';
import type { Tier } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { remove, setActive, succeed } from './actions';

/** What else can be done with a plan: switch it off, replace it for new subscribers, delete it. */
export function TierActions({
  tier,
  role,
  subscribers,
  isUsed,
  disabledReason,
}: {
  tier: Tier;
  /** What the platform gives it for by itself. */
  role: TierRole | null;
  subscribers: number;
  /** Somebody has or had it. */
  isUsed: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const fields = { platform: tier.platformId, revision: String(tier.revision) };
  const named = (text: string) => (
    <>
      {text}
      <span className="sr-only"> {tier.name}</span>
    </>
  );
  const keepsOn = tier.isActive && role ? t(`roleKeeps.${role}`) : undefined;
  return (
    <>
      <ActionForm action={setActive} fields={{ ...fields, code: tier.code, active: String(!tier.isActive) }}>
        {tier.isActive && subscribers > 0 && !keepsOn ? (
          <ConfirmButton
            question={t('deactivateQuestion', { name: tier.name, count: subscribers })}
            confirm={t('deactivate')}
            cancel={t('stay')}
            disabledReason={disabledReason}
          >
            {named(t('deactivate'))}
          </ConfirmButton>
        ) : (
          <SubmitButton variant="ghost" size="sm" disabledReason={disabledReason ?? keepsOn}>
            {named(t(tier.isActive ? 'deactivate' : 'activate'))}
          </SubmitButton>
        )}
      </ActionForm>
      {tier.successorId ? null : (
        <Dialog
          trigger={t('successor')}
          triggerLabel={`${t('successor')} ${tier.name}`}
          variant="ghost"
          size="sm"
          title={t('successorTitle', { name: tier.name })}
          description={t('successorText', { name: tier.name, count: subscribers })}
          closeLabel={c('close')}
          disabledReason={disabledReason}
        >
          <p className="mb-4 font-medium">{t('successorPush', { name: tier.name })}</p>
          {role ? <p className="mb-4">{t(`roleMoves.${role}`, { name: tier.name })}</p> : null}
          <ActionForm
            key={tier.revision}
            action={succeed}
            fields={{ ...fields, old: tier.code }}
            className="space-y-4"
          >
            <TextField name="code" label={t('successorCode')} hint={t('codeHint')} maxLength={50} required />
            <TextField name="name" label={t('name')} defaultValue={tier.name} maxLength={80} required />
            <SubmitButton>{t('successor')}</SubmitButton>
          </ActionForm>
        </Dialog>
      )}
      <ActionForm action={remove} fields={{ ...fields, code: tier.code }}>
        <ConfirmButton
          question={t('deleteQuestion', { name: tier.name })}
          confirm={t('delete')}
          cancel={t('keep')}
          disabledReason={
            disabledReason ?? (role ? t(`roleKeeps.${role}`) : isUsed ? t('usedKeeps') : undefined)
          }
        >
          {named(t('delete'))}
        </ConfirmButton>
      </ActionForm>
    </>
  );
}
