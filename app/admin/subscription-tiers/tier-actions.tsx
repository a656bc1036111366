import { ConfirmButton } from '@/components/ui/confirm-button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import type { Tier } from '@/lib/billing/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { remove, setActive, succeed } from './actions';

/** What else can be done with a plan: switch it off, replace it for new subscribers, delete it. */
export function TierActions({ tier, disabledReason }: { tier: Tier; disabledReason?: string }) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const fields = { platform: tier.platformId, code: tier.code };
  return (
    <>
      <ActionForm action={setActive} fields={{ ...fields, active: String(!tier.isActive) }}>
        <SubmitButton variant="ghost" size="sm" disabledReason={disabledReason}>
          {t(tier.isActive ? 'deactivate' : 'activate')}
          <span className="sr-only">{tier.name}</span>
        </SubmitButton>
      </ActionForm>
      {tier.successorId ? null : (
        <Dialog
          trigger={t('successor')}
          triggerLabel={`${t('successor')} ${tier.name}`}
          variant="ghost"
          size="sm"
          title={t('successor')}
          description={t('successorText')}
          closeLabel={c('close')}
          disabledReason={disabledReason}
        >
          <ActionForm action={succeed} fields={fields} className="space-y-4">
            <TextField name="successor_code" label={t('successorCode')} hint={t('codeHint')} required />
            <TextField name="successor_name" label={t('name')} defaultValue={tier.name} />
            <SubmitButton>{t('successor')}</SubmitButton>
          </ActionForm>
        </Dialog>
      )}
      <ActionForm action={remove} fields={fields}>
        <ConfirmButton
          question={t('deleteQuestion', { name: tier.name })}
          confirm={t('delete')}
          cancel={t('keep')}
          disabledReason={disabledReason}
        >
          {t('delete')}
          <span className="sr-only">{tier.name}</span>
        </ConfirmButton>
      </ActionForm>
    </>
  );
}
