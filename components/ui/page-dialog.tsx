'use client';

import type { Route } from 'next';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { closeByPress } from './dialog-close';

/**
 * A dialog that is part of the address: it is there because the URL says so, can be shared, and closing it goes to `back`.
 * Without JavaScript it stands open on the page and is read there.
 */
export function PageDialog({
  title,
  description,
  closeLabel,
  back,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  closeLabel: string;
  back: Route;
  children: ReactNode;
}) {
  const id = useId();
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (!element.matches(':modal')) {
      // Not `close()`: that would say that somebody closed it.
      element.removeAttribute('open');
      element.showModal();
    }
    return closeByPress(element);
  }, []);

  return (
    <dialog
      ref={dialog}
      open
      aria-labelledby={`${id}-title`}
      onClose={() => router.push(back, { scroll: false })}
      className="m-auto w-full max-w-[min(48rem,calc(100vw-1rem))] rounded-2xl border border-line bg-surface p-0 text-left text-ink shadow-floating [&:modal]:animate-[rise_150ms_ease-out] [&:not(:modal)]:static [&:not(:modal)]:mb-6"
    >
      <div className="relative p-5 sm:p-6">
        <h2 id={`${id}-title`} className="pr-8 text-lg font-semibold">
          {title}
        </h2>
        {description ? <div className="mt-1 text-muted">{description}</div> : null}
        <div className="mt-4">{children}</div>
        <Link
          href={back}
          data-close
          aria-label={closeLabel}
          scroll={false}
          prefetch={false}
          className="absolute top-4 right-4 grid size-8 place-items-center rounded-md text-lg text-muted hover:bg-sunken hover:text-ink"
        >
          ×
        </Link>
      </div>
    </dialog>
  );
}
