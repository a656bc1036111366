'use client';

import { useEffect, useRef, useState } from 'react';
import { buttonClass } from './button';
import type { SecretView } from './form-state';

/** A secret that is shown this once, whole, with a button that copies it. */
export function Secret({ text, value, copy, copied }: SecretView) {
  const [done, setDone] = useState(false);
  const shown = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  // The form that had the focus is gone.
  useEffect(() => button.current?.focus(), []);

  async function take() {
    // Marked as well: without HTTPS a browser has no clipboard to write to, and Ctrl+C then does it.
    if (shown.current) window.getSelection()?.selectAllChildren(shown.current);
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(value);
    setDone(true);
  }

  return (
    <div role="status" className="space-y-3">
      <p className="font-medium">{text}</p>
      <code
        ref={shown}
        className="block rounded-lg bg-sunken px-3 py-2 font-mono text-sm break-all select-all"
      >
        {value}
      </code>
      <button ref={button} type="button" className={buttonClass('primary')} onClick={take}>
        {done ? copied : copy}
      </button>
    </div>
  );
}
