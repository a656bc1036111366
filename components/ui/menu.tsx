import type { ReactNode } from 'react';

/**
 * A button and the panel it opens: the browser's popover, so Escape and a click elsewhere close it and it works without
 * JavaScript. `position` says where the panel stands (it lies above everything, so in window coordinates).
 */
export function Menu({
  id,
  label,
  trigger,
  triggerClass,
  position,
  children,
}: {
  id: string;
  label: string;
  trigger: ReactNode;
  triggerClass: string;
  position: string;
  children: ReactNode;
}) {
  return (
    <>
      <button type="button" popoverTarget={id} aria-label={label} className={triggerClass}>
        {trigger}
      </button>
      <div
        id={id}
        popover="auto"
        className={`fixed m-0 max-h-[80dvh] overflow-y-auto rounded-xl border border-line bg-surface p-2 text-ink shadow-floating ${position}`}
      >
        {children}
      </div>
    </>
  );
}
