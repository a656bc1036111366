'use client';

import type { ComponentProps, ReactNode } from 'react';
import { useId } from 'react';
import { useForm } from './form';

const box =
  'block w-full rounded-lg border border-edge bg-surface px-3 py-2 text-base text-ink aria-invalid:border-danger disabled:bg-sunken disabled:text-muted max-sm:text-lg';

type Common = { name: string; label: ReactNode; hint?: ReactNode; className?: string };
/** What is wrong, where no form's answer says it. */
type Wrong = { wrong?: string };

type Wiring = {
  id: string;
  name: string;
  defaultValue: string | undefined;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
};

function useField(name: string, hint: ReactNode, initial: string | number | undefined, wrong?: string) {
  const id = useId();
  const { state } = useForm();
  const error = state.fields?.[name] ?? wrong;
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  const wiring: Wiring = {
    id,
    name,
    defaultValue: state.values?.[name] ?? initial?.toString(),
    'aria-invalid': error ? true : undefined,
    'aria-describedby': described || undefined,
  };
  return { id, error, wiring };
}

function Frame({
  id,
  label,
  hint,
  error,
  className = '',
  children,
}: {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className="mt-1 text-sm text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="mt-1 text-sm font-medium text-danger-ink">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** A line of text with its label, hint and error. */
export function TextField({
  label,
  hint,
  className,
  defaultValue,
  name,
  wrong,
  ...input
}: Common &
  Wrong &
  Omit<ComponentProps<'input'>, 'name' | 'defaultValue' | 'className'> & { defaultValue?: string | number }) {
  const { id, error, wiring } = useField(name, hint, defaultValue, wrong);
  return (
    <Frame id={id} label={label} hint={hint} error={error} className={className}>
      <input {...input} {...wiring} className={box} />
    </Frame>
  );
}

/** Money in cents' steps. */
export const AmountField = (props: Parameters<typeof TextField>[0]) => (
  <TextField type="number" min="0" step="0.01" inputMode="decimal" {...props} />
);

/** Several lines of text. */
export function TextArea({
  label,
  hint,
  className,
  defaultValue,
  name,
  ...area
}: Common &
  Omit<ComponentProps<'textarea'>, 'name' | 'defaultValue' | 'className'> & { defaultValue?: string }) {
  const { id, error, wiring } = useField(name, hint, defaultValue);
  return (
    <Frame id={id} label={label} hint={hint} error={error} className={className}>
      <textarea rows={3} {...area} {...wiring} className={box} />
    </Frame>
  );
}

/** A choice from a list; the browser's own control. */
export function SelectField({
  label,
  hint,
  className,
  defaultValue,
  name,
  options,
  ...select
}: Common &
  Omit<ComponentProps<'select'>, 'name' | 'defaultValue' | 'className' | 'children'> & {
    defaultValue?: string;
    options: { value: string; label: string }[];
  }) {
  const { id, error, wiring } = useField(name, hint, defaultValue);
  return (
    <Frame id={id} label={label} hint={hint} error={error} className={className}>
      <select {...select} {...wiring} className={box}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}
