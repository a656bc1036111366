'use client';

import type { MouseEvent, ReactNode } from 'react';
import { useFormStatus } from 'react-dom';
import { type ButtonSize, type ButtonVariant, buttonClass } from './button';
import { useForm } from './form';
import { showToast } from './toast';

/**
 * Sends its form and shows at once that it is waiting. `disabledReason` shows it disabled with the reason: it can be focused,
 * so that a screen reader reads why, and pressed, which says why to those who see no tooltip.
 */
export function SubmitButton({
  variant = 'primary',
  size = 'md',
  className = '',
  name,
  value,
  disabledReason,
  children,
}: {
  variant?: ButtonVariant;
  size?: ButtonSize;
  className?: string;
  name?: string;
  value?: string;
  disabledReason?: string;
  children: ReactNode;
}) {
  const status = useFormStatus();
  const pending = useForm().pending || status.pending;
  const blocked = pending || Boolean(disabledReason);

  return (
    <button
      type="submit"
      name={name}
      value={value}
      title={disabledReason}
      aria-disabled={blocked || undefined}
      aria-busy={pending || undefined}
      onClick={
        blocked
          ? (event: MouseEvent) => {
              event.preventDefault();
              if (disabledReason) showToast(disabledReason);
            }
          : undefined
      }
      className={buttonClass(variant, size, className)}
    >
      {children}
      {disabledReason ? <span className="sr-only">({disabledReason})</span> : null}
    </button>
  );
}
