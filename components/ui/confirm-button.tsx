'use client';

import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClass } from './button';
import { useForm } from './form';
import { SubmitButton } from './submit-button';

/**
 * A form's button for what cannot be undone: asks once, naming the thing, before the form is sent. Stands inside its form;
 * the question is drawn only when it is asked. Without JavaScript the form is sent at once.
 */
export function ConfirmButton({
  question,
  confirm,
  cancel,
  variant = 'ghost',
  size = 'sm',
  disabledReason,
  children,
}: {
  question: string;
  confirm: string;
  cancel: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
  disabledReason?: string;
  children: ReactNode;
}) {
  const { state } = useForm();
  const [asking, setAsking] = useState(false);
  const [answered, setAnswered] = useState(state);
  if (state !== answered) {
    // The form has its answer, which may be a refusal to read: the question is over.
    setAnswered(state);
    setAsking(false);
  }
  if (disabledReason) {
    return (
      <SubmitButton variant={variant} size={size} disabledReason={disabledReason}>
        {children}
      </SubmitButton>
    );
  }
  return (
    <>
      <button
        type="submit"
        aria-haspopup="dialog"
        className={buttonClass(variant, size)}
        onClick={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        {children}
      </button>
      {asking ? (
        <Question text={question} onClose={() => setAsking(false)}>
          <button type="button" className={buttonClass('ghost')} onClick={() => setAsking(false)}>
            {cancel}
          </button>
          <SubmitButton variant="danger">{confirm}</SubmitButton>
        </Question>
      ) : null}
    </>
  );
}

function Question({ text, onClose, children }: { text: string; onClose: () => void; children: ReactNode }) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Taken off the page while it is open, it would not give the focus back to its button.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      // Development runs effects twice: then it is open again by the time it is said to be closed.
      onClose={() => dialog.current?.open || onClose()}
      className="m-auto w-full max-w-[min(28rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface p-6 text-left text-base text-ink shadow-floating"
    >
      <h2 id={id} className="font-semibold">
        {text}
      </h2>
      <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
    </dialog>
  );
}
