import type { ReactNode } from 'react';
import type { ButtonSize, ButtonVariant } from '@/components/ui/button';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { goToPortal } from './actions';

/** Leads to Stripe's customer portal. */
export function PortalButton({
  storeCode,
  variant = 'secondary',
  size = 'sm',
  disabledReason,
  children,
}: {
  storeCode: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
  disabledReason?: string;
  children: ReactNode;
}) {
  return (
    <ActionForm action={goToPortal} fields={{ store: storeCode }} className="space-y-2">
      <SubmitButton variant={variant} size={size} disabledReason={disabledReason}>
        {children}
      </SubmitButton>
    </ActionForm>
  );
}
