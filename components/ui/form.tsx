'use client';

import {
  createContext,
  type FormEvent,
  type ReactNode,
  startTransition,
  useActionState,
  useContext,
  useEffect,
  useRef,
} from 'react';
import { type FormAction, type FormState, idle } from './form-state';
import { RefusalPanel } from './refusal-panel';
import { showToast } from './toast';

const FormContext = createContext<{ state: FormState; pending: boolean }>({ state: idle, pending: false });

/** The answer of the surrounding form's last attempt, and whether one is under way. */
export function useForm() {
  return useContext(FormContext);
}

/**
 * A form on a server action. It keeps what was typed, shows errors beside their fields and moves the focus to the first of
 * them, says success in a toast and closes the dialog it stands in. Without JavaScript it is an ordinary form.
 */
export function ActionForm({
  action,
  className,
  resetOnSuccess = false,
  children,
}: {
  action: FormAction;
  className?: string;
  resetOnSuccess?: boolean;
  children: ReactNode;
}) {
  const [state, send, pending] = useActionState(action, idle);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (state.status === 'error') {
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    }
    if (state.status === 'ok') {
      if (state.message) showToast(state.message);
      if (resetOnSuccess) form.current?.reset();
      form.current?.closest('dialog')?.close();
    }
  }, [state, resetOnSuccess]);

  // React empties a form whose `action` has run; sending it ourselves keeps the fields as they are.
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    const data = new FormData(event.currentTarget, submitter);
    startTransition(() => send(data));
  }

  return (
    <FormContext value={{ state, pending }}>
      <form ref={form} action={send} onSubmit={submit} className={className} noValidate>
        {state.refusal ? (
          <RefusalPanel refusal={state.refusal} />
        ) : state.status === 'error' && state.message ? (
          <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 font-medium text-danger-ink">
            {state.message}
          </p>
        ) : null}
        {children}
      </form>
    </FormContext>
  );
}
