'use client';

import { useEffect, useState } from 'react';

type Toast = { id: number; text: string };

const eventName = 'tierline:toast';

/** Says briefly that something is done, or why a control does nothing. Failures do not belong here: they stay where they happened. */
export function showToast(text: string): void {
  window.dispatchEvent(new CustomEvent<string>(eventName, { detail: text }));
}

/** Where toasts appear; once, in the root layout. */
export function Toaster({ closeLabel }: { closeLabel: string }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const drop = (id: number) => setToasts((list) => list.filter((toast) => toast.id !== id));

  useEffect(() => {
    let next = 0;
    function add(event: Event) {
      next += 1;
      const toast = { id: next, text: (event as CustomEvent<string>).detail };
      setToasts((list) => [...list.slice(-2), toast]);
      setTimeout(() => setToasts((list) => list.filter((shown) => shown.id !== toast.id)), 8000);
    }
    window.addEventListener(eventName, add);
    return () => window.removeEventListener(eventName, add);
  }, []);

  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2"
    >
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className="pointer-events-auto flex max-w-md animate-[rise_150ms_ease-out] items-center gap-3 rounded-lg bg-ink py-2 pr-2 pl-4 text-canvas shadow-floating"
        >
          {toast.text}
          <button
            type="button"
            aria-label={closeLabel}
            onClick={() => drop(toast.id)}
            className="grid size-7 place-items-center rounded-md focus-visible:outline-canvas"
          >
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
