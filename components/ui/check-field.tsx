'use client';

import type { ComponentProps, ReactNode } from 'react';
import { useId } from 'react';
import { useForm } from './form';

/** Yes or no. `toggle` draws a switch, for things that act at once. */
export function CheckField({
  name,
  label,
  hint,
  toggle = false,
  ...input
}: { name: string; label: ReactNode; hint?: ReactNode; toggle?: boolean } & Omit<
  ComponentProps<'input'>,
  'name' | 'type' | 'className'
>) {
  const id = useId();
  const error = useForm().state.fields?.[name];
  return (
    <div className="flex items-start gap-3">
      <input
        {...input}
        id={id}
        name={name}
        type="checkbox"
        role={toggle ? 'switch' : undefined}
        aria-describedby={
          [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined
        }
        aria-invalid={error ? true : undefined}
        className={
          toggle
            ? 'peer relative mt-px h-6 w-10 shrink-0 appearance-none rounded-full bg-edge transition-colors before:absolute before:top-1 before:left-1 before:size-4 before:rounded-full before:bg-white before:transition-transform checked:bg-accent checked:before:translate-x-4 disabled:opacity-50'
            : 'peer mt-1 size-4 shrink-0'
        }
      />
      <div className="min-w-0 peer-disabled:text-muted">
        <label htmlFor={id} className="flex min-h-6 items-center font-medium">
          {label}
        </label>
        {hint ? (
          <p id={`${id}-hint`} className="text-sm text-muted">
            {hint}
          </p>
        ) : null}
        {error ? (
          <p id={`${id}-error`} className="text-sm font-medium text-danger-ink">
            {error}
          </p>
        ) : null}
      </div>
    </div>
  );
}
