'use client';

import { buttonClass } from '@/components/ui/button';

/** Ticks or clears every box of the fieldset it stands in. */
export function SelectAll({ all, none, of }: { all: string; none: string; of: string }) {
  const set = (button: HTMLElement, checked: boolean) => {
    for (const box of button
      .closest('fieldset')
      ?.querySelectorAll<HTMLInputElement>('input[type=checkbox]') ?? []) {
      box.checked = checked;
    }
  };
  return (
    <span className="flex gap-1">
      <button
        type="button"
        className={buttonClass('ghost', 'sm')}
        onClick={(event) => set(event.currentTarget, true)}
      >
        {all}
        <span className="sr-only"> {of}</span>
      </button>
      <button
        type="button"
        className={buttonClass('ghost', 'sm')}
        onClick={(event) => set(event.currentTarget, false)}
      >
        {none}
        <span className="sr-only"> {of}</span>
      </button>
    </span>
  );
}
