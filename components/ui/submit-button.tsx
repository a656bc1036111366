'use client';

import type { MouseEvent, ReactNode } from 'react';
import { useFormStatus } from 'react-dom';
import { type ButtonSize, type ButtonVariant, buttonClass } from './button';
import { useForm } from './form';

/**
 * Sends its form and shows at once that it is waiting. `disabledReason` shows it disabled with the reason (still focusable,
 * so that a screen reader can read why).
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
      onClick={blocked ? (event: MouseEvent) => event.preventDefault() : undefined}
      className={`relative ${buttonClass(variant, size, className)}`}
    >
      <span className={pending ? 'opacity-0' : 'contents'}>{children}</span>
      {pending ? (
        <span
          role="status"
          className="absolute size-4 animate-[spin_700ms_linear_infinite] rounded-full border-2 border-current border-r-transparent"
        />
      ) : null}
      {disabledReason ? <span className="sr-only">({disabledReason})</span> : null}
    </button>
  );
}
