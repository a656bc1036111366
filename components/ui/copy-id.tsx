'use client';

import { useState } from 'react';

/** An id for machines, shortened in the middle, with a button that copies all of it. */
export function CopyId({ value, label, copiedLabel }: { value: string; label: string; copiedLabel: string }) {
  const [copied, setCopied] = useState(false);
  const shown = value.length > 20 ? `${value.slice(0, 10)}…${value.slice(-6)}` : value;

  async function copy() {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  }

  return (
    <button
      type="button"
      onClick={copy}
      title={value}
      aria-label={`${label}: ${value}`}
      className="inline-flex min-h-6 items-center gap-1 rounded-md bg-sunken px-1.5 font-mono text-xs text-muted hover:text-ink"
    >
      {shown}
      <span aria-live="polite" className="font-sans">
        {copied ? copiedLabel : ''}
      </span>
    </button>
  );
}
