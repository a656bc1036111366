'use client';

import { buttonClass } from '@/components/ui/button';

/** Ticks or clears every box of the fieldset it stands in. */
export function SelectAll({ all, none }: { all: string; none: string }) {
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
      </button>
      <button
        type="button"
        className={buttonClass('ghost', 'sm')}
        onClick={(event) => set(event.currentTarget, false)}
      >
        {none}
      </button>
    </span>
  );
}
