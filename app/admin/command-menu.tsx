'use client';

import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { Icon } from '@/components/ui/icon';
import type { Destination, PaletteTexts } from './command-palette';

/** What the menu is made of is fetched when it is first opened. */
const Palette = lazy(() => import('./command-palette'));

/** Ctrl-K or ⌘K, or a click: jumps to a merchant, a store, a subscription, an invoice, an event or a page. */
export function CommandMenu({ destinations, texts }: { destinations: Destination[]; texts: PaletteTexts }) {
  const dialog = useRef<HTMLDialogElement>(null);
  /** How often it was opened: each time it begins empty. */
  const [opened, setOpened] = useState(0);

  useEffect(() => {
    if (opened > 0) dialog.current?.showModal();
  }, [opened]);

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      // Another dialog is being filled in: what is typed there shall not be lost.
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      setOpened((times) => times + 1);
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <>
      <button
        type="button"
        onClick={() => setOpened((times) => times + 1)}
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        className="flex min-h-9 items-center gap-2 rounded-lg border border-line px-3 text-muted hover:bg-sunken hover:text-ink"
      >
        <Icon name="search" className="size-4" />
        {texts.open}
        <kbd className="ml-auto rounded border border-line bg-sunken px-1.5 text-xs">{texts.keys}</kbd>
      </button>
      {opened > 0
        ? createPortal(
            <dialog
              ref={dialog}
              aria-label={texts.title}
              onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
              onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.close()}
              className="mx-auto mt-[12vh] w-full max-w-[min(36rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface p-0 text-base text-ink shadow-floating open:animate-[rise_150ms_ease-out]"
            >
              <Suspense fallback={<p className="p-5 text-muted">{texts.loading}</p>}>
                <Palette
                  key={opened}
                  destinations={destinations}
                  texts={texts}
                  onLeave={() => dialog.current?.close()}
                />
              </Suspense>
            </dialog>,
            document.body,
          )
        : null}
    </>
  );
}
