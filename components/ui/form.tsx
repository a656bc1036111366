'use client';

import {
  createContext,
  type FormEvent,
  type ReactNode,
  useActionState,
  useContext,
  useEffect,
  useRef,
  useState,
  useTransition,
} from 'react';
import { type FormAction, type FormState, idle } from './form-state';
import { keepFocus } from './keep-focus';
import { RefusalPanel } from './refusal-panel';
import { Secret } from './secret';
import { showToast } from './toast';

/** What a dialog is closed with by the form that succeeded in it. */
export const DONE = 'done';

const FormContext = createContext<{ state: FormState; pending: boolean }>({ state: idle, pending: false });

/** The answer of the surrounding form's last attempt, and whether one is under way. */
export function useForm() {
  return useContext(FormContext);
}

/** Says what is wrong beside the fields of a form that asks by its address (GET): a preview, for example. */
export function FieldProblems({ fields, children }: { fields: Record<string, string>; children: ReactNode }) {
  return <FormContext value={{ state: { status: 'error', fields }, pending: false }}>{children}</FormContext>;
}

/**
 * A form on a server action. It keeps what was typed, shows errors beside their fields and moves the focus to the first of
 * them, says success in a toast and closes the dialog it stands in. Without JavaScript it is an ordinary form.
 */
export function ActionForm({
  action,
  fields,
  className,
  resetOnSuccess = false,
  children,
}: {
  action: FormAction;
  /** Values that are sent along unseen. */
  fields?: Record<string, string>;
  className?: string;
  resetOnSuccess?: boolean;
  children: ReactNode;
}) {
  const [sent, send] = useActionState(action, idle); // the way without JavaScript
  const [answer, setAnswer] = useState<FormState | null>(null);
  const [pending, startTransition] = useTransition();
  const form = useRef<HTMLFormElement>(null);
  const state = answer ?? sent;

  useEffect(() => {
    if (state.status !== 'error') return;
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong) wrong.focus();
    else form.current?.querySelector('[role="alert"]')?.scrollIntoView({ block: 'nearest' });
  }, [state]);

  // Sent by ourselves, as React empties a form whose `action` has run. What follows a success happens here and not in an
  // effect: the page that comes with the answer may no longer have this form.
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const element = event.currentTarget;
    const data = new FormData(element, (event.nativeEvent as SubmitEvent).submitter);
    startTransition(async () => {
      const next: FormState | undefined = await action(state, data);
      if (!next) return; // redirected
      if (next.status === 'ok') keepFocus(element);
      if (next.status === 'ok' && !next.secret) {
        if (next.message) showToast(next.message);
        if (resetOnSuccess) element.reset();
        finish(element.closest('dialog'));
      }
      startTransition(() => setAnswer(next));
    });
  }

  return (
    <FormContext value={{ state, pending }}>
      <form ref={form} action={send} onSubmit={submit} className={className} noValidate>
        {fields
          ? Object.entries(fields).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))
          : null}
        <FormAnswer state={state} />
        {/* Sent without JavaScript, or before it was there: nobody made a toast of the answer. */}
        {answer === null && sent.status === 'ok' && sent.message ? <p role="status">{sent.message}</p> : null}
        {state.secret ? <Secret {...state.secret} /> : children}
      </form>
    </FormContext>
  );
}

/** Closes the dialog around a form; one that was closed before the answer came is told all the same. */
function finish(dialog: HTMLDialogElement | null) {
  if (!dialog?.isConnected) return;
  if (dialog.open) return dialog.close(DONE);
  dialog.returnValue = DONE;
  dialog.dispatchEvent(new Event('close'));
}

/** What went wrong or was left out, above the fields. */
function FormAnswer({ state }: { state: FormState }) {
  if (state.status !== 'error') return null;
  return (
    <>
      {state.message && !(state.refusal && !state.report) ? (
        <p
          role="alert"
          className={`rounded-lg px-3 py-2 font-medium ${state.report ? 'bg-sunken' : 'bg-danger-soft text-danger-ink'}`}
        >
          {state.message}
        </p>
      ) : null}
      {state.refusal ? <RefusalPanel refusal={state.refusal} /> : null}
      {state.report ? (
        <ul className="list-disc space-y-0.5 pl-5 text-sm">
          {state.report.map((line) =>
            typeof line === 'string' ? (
              <li key={line}>{line}</li>
            ) : (
              <li key={line.text}>
                {/* Beside the form, so that what was typed stays. */}
                <a href={line.href} target="_blank" rel="noreferrer" className="link">
                  {line.text}
                </a>
              </li>
            ),
          )}
        </ul>
      ) : null}
    </>
  );
}
