'use client';

import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClass } from './button';
import { closeByPress } from './dialog-close';
import { DONE } from './form';
import { showToast } from './toast';

const positions = {
  center: 'm-auto w-full max-w-[min(32rem,calc(100vw-2rem))] rounded-2xl open:animate-[rise_150ms_ease-out]',
  side: 'my-0 mr-0 ml-auto h-dvh max-h-none w-full max-w-xl scroll-pt-6 scroll-pb-40 open:animate-[slide-in_180ms_ease-out]',
};

/**
 * A button and the dialog it opens: the browser's own `<dialog>`, so focus, Escape and the inert page behind come with it.
 * `position="side"` makes a slide-over. Any `<button data-close>` inside closes it, and so does a form that succeeded. What was
 * typed and answered goes with it: opened again, it starts from what is saved.
 */
export function Dialog({
  trigger,
  triggerLabel,
  variant,
  size,
  triggerClass,
  title,
  description,
  closeLabel,
  disabledReason,
  position = 'center',
  startsOpen = false,
  children,
}: {
  trigger: ReactNode;
  triggerLabel?: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
  triggerClass?: string;
  title: ReactNode;
  description?: ReactNode;
  closeLabel: string;
  /** Shows the trigger disabled, with the reason; pressed, it says why. */
  disabledReason?: string;
  position?: keyof typeof positions;
  /** Opens by itself when the page comes: for a page that was asked for it by its address. */
  startsOpen?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [round, setRound] = useState(0);

  useEffect(() => (dialog.current ? closeByPress(dialog.current) : undefined), []);

  useEffect(() => {
    if (startsOpen) dialog.current?.showModal();
  }, [startsOpen]);

  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={triggerLabel && disabledReason ? `${triggerLabel} (${disabledReason})` : triggerLabel}
        title={disabledReason}
        aria-disabled={disabledReason ? true : undefined}
        onClick={() => (disabledReason ? showToast(disabledReason) : dialog.current?.showModal())}
        className={triggerClass ?? buttonClass(variant, size)}
      >
        {trigger}
        {disabledReason ? <span className="sr-only">({disabledReason})</span> : null}
      </button>
      <dialog
        ref={dialog}
        onClose={({ currentTarget: element, target }) => {
          if (target !== element) return; // a question inside it
          // A form that waits for its answer stays until it has it.
          if (element.returnValue === DONE || !element.querySelector('[aria-busy="true"]'))
            setRound((last) => last + 1);
          element.returnValue = '';
        }}
        aria-labelledby={`${id}-title`}
        aria-describedby={description ? `${id}-text` : undefined}
        className={`border border-line bg-surface p-0 text-left text-base font-normal whitespace-normal text-ink shadow-floating ${positions[position]}`}
      >
        <div className="relative p-5 sm:p-6">
          <h2 id={`${id}-title`} className="pr-8 text-lg font-semibold">
            {title}
          </h2>
          {description ? (
            <div id={`${id}-text`} className="mt-1 text-muted">
              {description}
            </div>
          ) : null}
          <div key={round} className="mt-4">
            {children}
          </div>
          <button
            type="button"
            data-close
            aria-label={closeLabel}
            className="absolute top-4 right-4 grid size-8 place-items-center rounded-md text-lg text-muted hover:bg-sunken hover:text-ink"
          >
            ×
          </button>
        </div>
      </dialog>
    </>
  );
}
