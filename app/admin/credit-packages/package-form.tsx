import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { type Extra, ExtraFields, extraIds } from '../extras-fields';
import { save } from './actions';

/** The dialog in which a credit package is made or changed. */
export function PackageForm({
  platformId,
  currency,
  pack,
  disabledReason,
}: {
  platformId: string;
  currency: string;
  pack?: Extra & { credits: number };
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const title = pack
    ? t(disabledReason ? 'readTitle' : 'editTitle', { name: pack.name })
    : t('extras.createPackage');
  return (
    <Dialog
      trigger={pack ? t(disabledReason ? 'read' : 'edit') : title}
      triggerLabel={title}
      variant={pack ? 'secondary' : 'primary'}
      size={pack ? 'sm' : 'md'}
      title={title}
      closeLabel={c('close')}
      disabledReason={pack ? undefined : disabledReason}
    >
      {disabledReason ? <LockedNote>{disabledReason}</LockedNote> : null}
      <ActionForm
        key={pack?.revision}
        action={save}
        fields={extraIds(platformId, pack)}
        className="space-y-4"
      >
        <fieldset disabled={Boolean(disabledReason)} className="space-y-4">
          <ExtraFields extra={pack} currency={currency} />
          <TextField
            name="credits"
            label={t('extras.credits')}
            inputMode="numeric"
            defaultValue={pack?.credits.toString() ?? ''}
            required
          />
          <SubmitButton disabledReason={disabledReason}>{t('save')}</SubmitButton>
        </fieldset>
      </ActionForm>
    </Dialog>
  );
}
