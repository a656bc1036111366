import type { ComponentProps, ReactNode } from 'react';
import { useTranslations } from '@/lib/i18n/translations';
import { Dialog } from './dialog';
import { ActionForm } from './form';
import { SubmitButton } from './submit-button';

/** A button, the dialog it opens, and the one form in it. */
export function FormDialog({
  action,
  fields,
  resetOnSuccess,
  submit,
  danger = false,
  children,
  ...dialog
}: Omit<ComponentProps<typeof Dialog>, 'closeLabel'> &
  Pick<ComponentProps<typeof ActionForm>, 'action' | 'fields' | 'resetOnSuccess'> & {
    /** What the form's button says. */
    submit: ReactNode;
    /** What it does cannot be undone. */
    danger?: boolean;
  }) {
  const closeLabel = useTranslations('common')('close');
  return (
    <Dialog {...dialog} closeLabel={closeLabel}>
      <ActionForm action={action} fields={fields} className="space-y-4" resetOnSuccess={resetOnSuccess}>
        {children}
        <SubmitButton variant={danger ? 'danger' : undefined}>{submit}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}
