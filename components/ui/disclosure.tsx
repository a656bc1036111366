import type { ReactNode } from 'react';
import { Icon } from './icon';

/** Something more to read behind one click; works without JavaScript. `name` makes a set in which one is open at a time. */
export function Disclosure({
  summary,
  children,
  name,
  open,
  className = '',
}: {
  summary: ReactNode;
  children: ReactNode;
  name?: string;
  open?: boolean;
  className?: string;
}) {
  return (
    <details name={name} open={open} className={`group ${className}`}>
      <summary className="flex min-h-6 items-center gap-1.5 rounded-md font-medium text-accent-ink hover:underline">
        <Icon name="chevron" className="size-4 -rotate-90 transition-transform group-open:rotate-0" />
        {summary}
      </summary>
      <div className="mt-2">{children}</div>
    </details>
  );
}
