import { ConfirmButton } from '@/components/ui/confirm-button';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { FormDialog } from '@/components/ui/form-dialog';
import { useTranslations } from '@/lib/i18n/translations';
import { INVITATION_DAYS } from '@/lib/tenancy/invitations';
import { invite, removeFromTeam, withdraw } from './actions';

type Props = { storeCode: string; disabledReason?: string };

/** Invites somebody by e-mail. */
export function InviteMember({ storeCode, disabledReason }: Props) {
  const t = useTranslations('store.team');
  return (
    <FormDialog
      trigger={t('invite')}
      variant="primary"
      title={t('inviteTitle')}
      description={t('inviteText', { days: INVITATION_DAYS })}
      disabledReason={disabledReason}
      action={invite}
      fields={{ store: storeCode }}
      resetOnSuccess
      submit={t('invite')}
    >
      <TextField name="email" type="email" label={t('email')} autoComplete="off" required />
    </FormDialog>
  );
}

/** Takes a member out of the team, after asking. */
export function RemoveMember({
  storeCode,
  disabledReason,
  member,
}: Props & { member: { userId: string; name: string } }) {
  const t = useTranslations('store.team');
  const cancel = useTranslations('common')('cancel');
  const { name, userId } = member;
  return (
    <ActionForm action={removeFromTeam} fields={{ store: storeCode, userId, name }}>
      <ConfirmButton
        question={t('removeQuestion', { name })}
        confirm={t('remove')}
        cancel={cancel}
        disabledReason={disabledReason}
      >
        {t('remove')}
        <span className="sr-only">{name}</span>
      </ConfirmButton>
    </ActionForm>
  );
}

/** Takes an invitation back, after asking. */
export function WithdrawInvitation({
  storeCode,
  disabledReason,
  invitation,
}: Props & { invitation: { id: string; email: string } }) {
  const t = useTranslations('store.team');
  const cancel = useTranslations('common')('cancel');
  const { id, email } = invitation;
  return (
    <ActionForm action={withdraw} fields={{ store: storeCode, id, email }}>
      <ConfirmButton
        question={t('withdrawQuestion', { email })}
        confirm={t('withdraw')}
        cancel={cancel}
        disabledReason={disabledReason}
      >
        {t('withdraw')}
        <span className="sr-only">{email}</span>
      </ConfirmButton>
    </ActionForm>
  );
}
